import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { addonBuilt } from "../../src/backends/native/addon.js";
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from "../../src/nodes/files/safetensors.js";
import { fixtureFolder, presentFixtures } from "../support/fixture.js";
import { golden, worst } from "../support/golden.js";
import type { Golden } from "../support/golden.js";
import { bundle, runNode } from "./graph-command.js";

/** Fixture, the graph that runs it and the models in it. */
const cases: Readonly<Record<string, readonly [graph: string, nodes: readonly string[]]>> = {
  decoder: ["decoder", ["decoder", "plain"]],
  dinov2: ["dinov2", ["encoder"]],
  siglip2: ["siglip2", ["encoder"]],
  mae: ["mae", ["encoder"]],
  "lightning-dit": ["lightning-dit", ["dit"]],
  "lightning-dit-patch2": ["lightning-dit", ["dit"]],
  ditdh: ["dit-dh", ["dit"]],
  "ditdh-qknorm": ["dit-dh", ["dit"]],
};

const names = presentFixtures(Object.keys(cases));
const parity = fileURLToPath(new URL("../fixtures/parity/", import.meta.url));
const backend = addonBuilt() ? "native" : "wasm";
let folder = "";
let main = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "round-trip-"));
  main = await bundle("src/runtime/cli/main.ts", "round-trip");
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `graph` in a process of its own. */
async function graph(...args: string[]): Promise<void> {
  const { code, stderr } = await runNode([main, ...args, "--backend", backend], folder);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
}

/** Names and shapes of a file, in the order of their names. */
async function keysOf(file: string): Promise<string[]> {
  const { tensors } = await readSafetensorsHeader(file);
  return tensors.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.join()}]`).sort();
}

describe(`weights that ${backend} wrote, read by a fresh process`, () => {
  test.each(names)("%s: the published keys, the same bits, the same outputs bit for bit", async (name) => {
    const [file, nodes] = cases[name] ?? ["", []];
    const from = fixtureFolder(name) ?? "";
    const yaml = join(parity, `${file}.yaml`);
    const saves = nodes.map(
      (node) => `+nodes.save_${node}={type: out.weights, params: {name: ${node}}, in: {weights: ${node}.weights}}`,
    );
    const run = async (to: string, ...more: string[]): Promise<ReadonlyMap<string, Buffer>> => {
      const out = join(folder, name, to);
      const phase = `+phases.save={run: [${nodes.map((node) => `save_${node}`).join()}], steps: 1}`;
      await graph("run", yaml, `vars.from=${from}`, `vars.to=${out}`, "--run-dir", `${out}-run`, ...saves, phase, ...more);
      const files = (await readdir(out)).sort();
      return new Map(await Promise.all(files.map(async (each) => [each, await readFile(join(out, each))] as const)));
    };
    const before = await run("before");
    expect(before.size).toBeGreaterThan(0);
    const published = join(from, "weights.safetensors");
    const saved = (node: string): string => join(folder, name, `before-run/weights/${node}.safetensors`);
    for (const node of nodes) {
      expect(await keysOf(saved(node))).toEqual(await keysOf(published));
      const [written, read] = await Promise.all([readSafetensors(saved(node)), readSafetensors(published)]);
      for (const [key, { data }] of read) expect([key, sameBits(written.get(key)?.data, data)]).toEqual([key, true]);
    }
    const after = await run("after", ...nodes.map((node) => `${node}.weights=${saved(node)}`));
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const [key, bytes] of before) expect([key, Buffer.compare(after.get(key) ?? Buffer.alloc(0), bytes)]).toEqual([key, 0]);
  });
});

const inputs = `
  x: { type: data.tensor_file, params: { file: latents.safetensors, key: x } }
  y: { type: data.labels, params: { labels: [0, 1] } }
  time: { type: flow.shifted_time, in: { like: x.tensor } }
  noisy: { type: flow.linear_path, in: { data: x.tensor, t: time.t } }`;
const trained: readonly (readonly [name: string, type: string, params: string])[] = [
  ["lightning_dit_default", "model.dit", "hidden_size: 16, depth: 2, num_heads: 2"],
  ["lightning_dit_qknorm", "model.dit", "hidden_size: 16, depth: 2, num_heads: 2, use_qknorm: true"],
  ["ddt_default", "model.dit_dh", "hidden_size: [16, 24], depth: [2, 1], num_heads: [2, 3]"],
];

test.each(trained)(
  "a checkpoint of training (%s) lists the published keys, rotary tables too, in the trained and the averaged weights",
  async (name, type, params) => {
    const here = join(folder, name);
    const data = Float32Array.from({ length: 2 * 3 * 3 * 6 }, (_, i) => Math.sin(i));
    await writeSafetensors(join(here, "latents.safetensors"), new Map([["x", { dtype: "f32", shape: [2, 3, 3, 6], data }]]));
    await writeFile(
      join(here, "train.yaml"),
      `name: train
nodes:${inputs}
  dit: { type: ${type}, params: { input_size: 3, in_channels: 6, num_classes: 5, ${params} }, in: { x: noisy.x, t: time.t, label: y.label } }
  loss: { type: flow.velocity_loss, in: { prediction: dit.velocity, target: noisy.velocity } }
  adam: { type: train.adamw, params: { lr: 1.0e-3, ema: 0.9 }, in: { loss: loss.value, trains: dit.weights } }
phases:
  train: { run: [adam], steps: 1 }
`,
    );
    await graph("run", join(here, "train.yaml"), "--run-dir", join(here, "run"));
    const { keys } = golden[name] as { keys: Readonly<Record<string, readonly number[]>> };
    const wanted = Object.entries(keys).map(([key, shape]) => `${key} F32 [${shape.join()}]`);
    const { cos, sin } = golden["rope_hd8_grid3"] as Readonly<Record<string, Golden>>;
    for (const kind of ["model", "ema"]) {
      const file = join(here, `run/checkpoints/step-00000001/${kind}.safetensors`);
      expect(await keysOf(file)).toEqual(wanted.sort());
      const tables = [...(await readSafetensors(file))].filter(([key]) => key.includes("feat_rope."));
      expect(tables).toHaveLength(wanted.filter((key) => key.includes("feat_rope.")).length);
      for (const [key, { data }] of tables)
        expect(worst(data, (key.endsWith("cos") ? cos : sin)?.data ?? [])).toBeLessThan(1.2e-7);
    }
    // Read again, the tables are no fault, and they are written again.
    const again = [`dit.weights=${join(here, "run/checkpoints/step-00000001")}`];
    const save = "+nodes.save={type: out.weights, params: {name: dit}, in: {weights: dit.weights}}";
    const phase = "+phases.save={run: [save], steps: 1}";
    await graph("run", join(here, "train.yaml"), "--run-dir", join(here, "again"), ...again, save, phase, "~phases.train");
    expect(await keysOf(join(here, "again/weights/dit.safetensors"))).toEqual(wanted.sort());
  },
);

function sameBits(a: Float32Array | Int32Array | undefined, b: Float32Array | Int32Array): boolean {
  const bytes = (array: Float32Array | Int32Array): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return a !== undefined && Buffer.compare(bytes(a), bytes(b)) === 0;
}
