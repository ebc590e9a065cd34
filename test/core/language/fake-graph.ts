import { z } from "zod";
import { defineNode } from "../../../src/core/define-node.js";
import type { NodeDef, Optimizer, Sink, Source } from "../../../src/core/define-node.js";
import type { Graph, GraphNode } from "../../../src/core/graph.js";
import { checkGraph } from "../../../src/core/language/check-graph.js";
import { formatProblem } from "../../../src/core/language/format-problem.js";
import { path } from "../../../src/core/params.js";
import { model, optional, tensor, weights } from "../../../src/core/port.js";
import { GraphError } from "../../../src/core/problem.js";

const never = (): never => {
  throw new Error("the checker runs no node");
};

const images = defineNode({
  kind: "source",
  type: "data.images",
  note: "Images from a file.",
  inputs: {},
  outputs: { image: tensor("f32[B,H,W,3]"), label: tensor("i32[B]") },
  params: z.object({
    file: path("the file"),
    more: z.array(path("another file")).default([]),
    batch: z.number().int().min(1).max(512).default(32),
    size: z.number().int().min(1).default(64),
  }),
  dims: (p) => ({ B: p.batch }),
  probe: async (p) => {
    if (p.file.includes("missing")) throw new Error(`no such file: ${p.file}`);
    return { dims: { H: p.size, W: p.size }, summary: `images ${p.size}x${p.size}` };
  },
  open: never as () => Promise<Source>,
});

const encoder = defineNode({
  kind: "model",
  type: "encoder.patches",
  version: 3,
  note: "Images to a grid of latents.",
  inputs: { image: tensor("f32[B,H,W,c]") },
  outputs: { z: tensor("f32[B,h,w,C]"), weights: weights() },
  params: z.object({
    weights: path("weights file").optional(),
    patch: z.number().int().min(1).default(16),
    width: z.number().int().min(1).default(8),
  }),
  dims(p, { H, W }) {
    if (H !== undefined && H % p.patch !== 0) throw new Error(`image side ${H} is no multiple of patch ${p.patch}`);
    return { C: p.width, ...(H === undefined ? {} : { h: H / p.patch }), ...(W === undefined ? {} : { w: W / p.patch }) };
  },
  weights: () => [],
  apply: never,
});

const dit = defineNode({
  kind: "model",
  type: "model.dit",
  note: "A velocity model.",
  inputs: { x: tensor("f32[B,S,S,C]"), t: tensor("f32[B]"), label: tensor("i32[B]") },
  outputs: { velocity: tensor("f32[B,S,S,C]"), model: model("[S,S,C]"), weights: weights() },
  params: z.object({
    weights: path("weights file").optional(),
    input_size: z.number().int().min(1),
    channels: z.number().int().min(1).default(8),
    depth: z.number().int().min(1).max(100).default(2),
    dropout: z.number().min(0).lt(1).default(0.1),
    act: z.enum(["gelu", "swiglu", "silu"]).default("gelu"),
    norm: z.object({ eps: z.number().positive().default(1e-6), kind: z.string().optional() }).default({ eps: 1e-6 }),
  }),
  dims: (p) => ({ S: p.input_size, C: p.channels }),
  weights: () => [],
  apply: never,
});

const time = defineNode({
  kind: "map",
  type: "flow.time",
  note: "A time for each sample.",
  inputs: { like: tensor("f32[B,...]") },
  outputs: { t: tensor("f32[B]") },
  params: z.object({ shift: z.union([z.literal("auto"), z.number().positive()]).default("auto") }),
  run: never,
});

const loss = defineNode({
  kind: "map",
  type: "flow.loss",
  note: "Mean squared error.",
  inputs: { prediction: tensor("f32[B,...]"), target: tensor("f32[B,...]") },
  outputs: { value: tensor("f32[]") },
  params: z.object({}),
  run: never,
});

const adam = defineNode({
  kind: "optimizer",
  type: "train.adam",
  note: "Trains a model.",
  inputs: { loss: tensor("f32[]"), trains: weights() },
  outputs: {},
  params: z.object({
    lr: z.number().positive().default(1e-3),
    betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.95]),
  }),
  create: never as () => Optimizer,
});

const sampler = defineNode({
  kind: "map",
  type: "flow.sampler",
  note: "Draws samples.",
  inputs: { model: model("[h,w,C]"), label: tensor("i32[B]"), noise: optional(tensor("f32[B,h,w,C]")) },
  outputs: { z: tensor("f32[B,h,w,C]") },
  params: z.object({ steps: z.number().int().min(1).default(25) }),
  run: never,
});

const show = defineNode({
  kind: "sink",
  type: "out.show",
  note: "Shows a tensor.",
  inputs: { value: tensor("f32[B,...]") },
  outputs: {},
  params: z.object({}),
  open: never as () => Promise<Sink<{ value: ReturnType<typeof tensor> }>>,
});

/** Node types small enough to see through; none can run. */
export const fakeNodes: readonly NodeDef[] = [images, encoder, dit, time, loss, adam, sampler, show];

export interface FakeOptions {
  readonly overrides?: readonly string[];
  readonly overlays?: readonly string[];
  /** Other files, by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly extra?: readonly NodeDef[];
  readonly inspect?: (node: GraphNode) => Promise<void>;
}

/** The file that `check` gives its text to. */
export const mainFile = "/graphs/main.yaml";

/** Checks a text as a graph file among in-memory files. */
export async function check(text: string, options: FakeOptions = {}): Promise<Graph> {
  const files: Readonly<Record<string, string>> = { ...options.files, [mainFile]: text };
  return checkGraph({
    file: mainFile,
    registry: new Map([...fakeNodes, ...(options.extra ?? [])].map((def) => [def.type, def])),
    ...(options.overrides ? { overrides: options.overrides } : {}),
    ...(options.overlays ? { overlays: options.overlays } : {}),
    read: async (file) => {
      const found = files[file];
      if (found === undefined) throw new Error(`no such file: ${file}`);
      return found;
    },
    resolve(from, to) {
      const { pathname, hash } = new URL(to, `file://${from}`);
      return pathname + hash;
    },
    overridesFrom: "/here/.",
    ...(options.inspect ? { inspect: options.inspect } : {}),
  });
}

/** What is wrong with a text, each problem formatted, files named without folder. */
export async function mistakes(text: string, options: FakeOptions = {}): Promise<string[]> {
  try {
    await check(text, options);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const relativeTo = (file: string): string => file.slice(file.lastIndexOf("/") + 1);
    return error.problems.map((problem) => formatProblem(problem, error.sources, { relativeTo }));
  }
  return [];
}

/** The first line of each mistake. */
export async function firstLines(text: string, options: FakeOptions = {}): Promise<string[]> {
  return (await mistakes(text, options)).map((problem) => problem.split("\n", 1)[0] ?? "");
}

/** A whole graph without mistakes: trains, samples inside, shows after. */
export const goodGraph = `name: good
seed: 7
vars: { batch: 16, size: 64 }
nodes:
  images: { type: data.images, params: { file: ./a.bin, batch: \${vars.batch}, size: \${vars.size} } }
  encoder: { type: encoder.patches, in: { image: images.image } }
  time: { type: flow.time, in: { like: encoder.z } }
  dit: { type: model.dit, params: { input_size: 4 }, in: { x: encoder.z, t: time.t, label: images.label } }
  loss: { type: flow.loss, in: { prediction: dit.velocity, target: encoder.z } }
  adam: { type: train.adam, in: { loss: loss.value, trains: dit.weights } }
  sampler: { type: flow.sampler, in: { model: dit.model@ema, label: images.label } }
  show: { type: out.show, in: { value: sampler.z } }
phases:
  train: { run: [adam], steps: 100 }
  sample: { run: [show], every: 50, of: train, steps: 1 }
`;
