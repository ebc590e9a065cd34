import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { defineNode } from "../../../src/core/define-node.js";
import type { NodeDef } from "../../../src/core/define-node.js";
import { optional, tensor, weights } from "../../../src/core/port.js";
import { check, firstLines, goodGraph, mistakes } from "./fake-graph.js";

const changed = (from: string, to: string): string => {
  if (!goodGraph.includes(from)) throw new Error(`the good graph has no ${from}`);
  return goodGraph.replace(from, to);
};
const never = (): never => {
  throw new Error("the checker runs no node");
};
/** A map node with one input and one output of these types. */
const map = (
  type: string,
  input: string,
  output: string,
  dims?: (p: object, known: Readonly<Partial<Record<string, number>>>) => Record<string, number>,
): NodeDef =>
  defineNode({
    kind: "map",
    type,
    note: "For these tests.",
    inputs: { x: tensor(input) },
    outputs: { y: tensor(output) },
    params: z.object({}),
    ...(dims ? { dims } : {}),
    run: never,
  });
const chain = (...types: string[]): string =>
  `name: a\nnodes:\n  images: { type: data.images, params: { file: a } }\n${types.map((type, i) => `  n${i}: { type: ${type}, in: { x: ${i === 0 ? "images.image" : `n${i - 1}.y`} } }`).join("\n")}\n`;

describe("sizes", () => {
  test("flow along edges: from files, params, and what nodes make of them", async () => {
    const { nodes, edges } = await check(goodGraph);
    const dims = Object.fromEntries(nodes.map((node) => [node.name, node.dims]));
    expect(dims["encoder"]).toEqual({ B: 16, H: 64, W: 64, c: 3, h: 4, w: 4, C: 8 });
    expect(dims["dit"]).toEqual({ B: 16, S: 4, C: 8 });
    expect(dims["sampler"]).toEqual({ B: 16, h: 4, w: 4, C: 8 }); // through the model port
    expect(edges.map(({ to, type }) => `${to.node}.${to.port} ${type}`)).toEqual([
      "encoder.image f32[16,64,64,3]",
      "time.like f32[16,4,4,8]",
      "dit.x f32[16,4,4,8]",
      "dit.t f32[16]",
      "dit.label i32[16]",
      "loss.prediction f32[16,4,4,8]",
      "loss.target f32[16,4,4,8]",
      "adam.loss f32[]",
      "adam.trains weights",
      "sampler.model model[4,4,8]",
      "sampler.label i32[16]",
      "show.value f32[16,4,4,8]",
    ]);
  });

  test("flow against the data too", async () => {
    const start = defineNode({
      kind: "source",
      type: "data.any",
      note: "Any.",
      inputs: {},
      outputs: { y: tensor("f32[B,N]") },
      params: z.object({}),
      open: never,
    });
    const text =
      "name: a\nnodes: { s: { type: data.any }, n: { type: t.half, in: { x: s } }, m: { type: t.four, in: { x: n } } }";
    const half = map("t.half", "f32[B,N]", "f32[B,M]", (_p, { N, M }) => ({
      ...(N === undefined ? {} : { M: N / 2 }),
      ...(M === undefined ? {} : { N: M * 2 }),
    }));
    const { edges } = await check(text, { extra: [start, half, map("t.four", "f32[B,4]", "f32[B]")] });
    expect(edges.map(({ type }) => type)).toEqual(["f32[B,8]", "f32[B,4]"]);
  });

  test("that only a run can know keep their name and stay out of the node", async () => {
    const start = defineNode({
      kind: "source",
      type: "data.any",
      note: "Any.",
      inputs: {},
      outputs: { y: tensor("f32[B,...]") },
      params: z.object({}),
      open: never,
    });
    const { nodes, edges } = await check(
      "name: a\nnodes: { s: { type: data.any }, show: { type: out.show, in: { value: s } } }",
      { extra: [start] },
    );
    expect([edges[0]?.type, nodes[0]?.dims]).toEqual(["f32[B,...]", {}]);
  });

  test("of a file fill the three dots", async () => {
    const probe = async (): Promise<object> => ({ shapes: { y: [2, 3, 5] } });
    const start = defineNode({
      kind: "source",
      type: "data.any",
      note: "Any.",
      inputs: {},
      outputs: { y: tensor("f32[B,...]") },
      params: z.object({}),
      probe,
      open: never,
    });
    const { nodes, edges } = await check(
      "name: a\nnodes: { s: { type: data.any }, show: { type: out.show, in: { value: s } } }",
      { extra: [start] },
    );
    expect([edges[0]?.type, nodes[0]?.dims]).toEqual(["f32[2,3,5]", { B: 2 }]);
  });

  test("pass three dots in the middle and at the ends", async () => {
    const { edges } = await check(chain("t.ends", "t.first"), {
      extra: [map("t.ends", "f32[...,H,C]", "f32[...,C]"), map("t.first", "f32[B,...]", "f32[...]")],
    });
    expect(edges[1]?.type).toBe("f32[32,64,3]");
  });
});

describe("edges that do not fit", () => {
  test("show both ends and the size that differs", async () => {
    expect(await mistakes(changed("input_size: 4", "input_size: 8"))).toEqual([
      `main.yaml:8:63 error[G306]: node "dit", input "x": produces f32[16,4,4,8], expects f32[B,8,8,8]: size 2 differs (4 and 8)
    8 |   dit: { type: model.dit, params: { input_size: 8 }, in: { x: encoder.z, t: time.t, label: images.label } }
      |                                                               ^^^^^^^^^
      = change the params of "encoder" or "dit" so that both agree, or connect another output
main.yaml:6:3 note: "encoder.z" is produced here
    6 |   encoder: { type: encoder.patches, in: { image: images.image } }
      |   ^^^^^^^`,
    ]);
  });

  test("name unknown sizes by their letter", async () => {
    const wide = defineNode({
      kind: "source",
      type: "data.wide",
      note: "Wide.",
      inputs: {},
      outputs: { z: tensor("f32[N,2,4,8]") },
      params: z.object({}),
      open: never,
    });
    const text = changed("x: encoder.z", "x: wide.z").replace("nodes:\n", "nodes:\n  wide: { type: data.wide }\n");
    expect(await firstLines(text, { extra: [wide] })).toEqual([
      'main.yaml:9:63 error[G306]: node "dit", input "x": produces f32[N,2,4,8], expects f32[B,4,4,8]: size 2 differs (2 and 4)',
    ]);
  });

  test.each([
    [
      "other numbers of axes",
      changed("value: sampler.z", "value: sampler.z")
        .replace("like: encoder.z", "like: loss.value")
        .replace("target: encoder.z", "target: dit.velocity")
        .replace("t: time.t", "t: images.label"),
      'error[G305]: node "time", input "like": produces f32[], expects f32[B,...]: numbers of axes differ (0 and at least 1)',
    ],
    [
      "another dtype",
      changed("t: time.t", "t: images.label"),
      'error[G304]: node "dit", input "t": produces i32[16], expects f32[16]: i32 is not f32',
    ],
    [
      "a model for a tensor",
      changed("value: sampler.z", "value: dit.model"),
      'error[G304]: node "show", input "value": produces model[4,4,8], expects f32[B,...]: a model is not a tensor',
    ],
    [
      "a tensor for weights",
      changed("trains: dit.weights", "trains: dit.velocity"),
      'error[G304]: node "adam", input "trains": produces f32[16,4,4,8], expects weights: a tensor is not a set of weights',
    ],
  ])("%s", async (_what, text, line) => {
    expect((await firstLines(text)).map((each) => each.replace(/^main\.yaml:\d+:\d+ /, ""))).toContain(line);
  });

  test("what a node's params decide otherwise is told at the edge", async () => {
    const four = map("t.four", "f32[B,H,W,c]", "f32[B]", (_p, { H }) => (H === undefined ? {} : { W: 4 }));
    expect(await firstLines(chain("t.four"), { extra: [four] })).toEqual([
      'main.yaml:4:32 error[G306]: node "n0", input "x": produces f32[32,64,64,3], expects f32[32,64,4,3]: size 3 differs (64 and 4)',
    ]);
  });

  test("what a node says of its sizes is told at its params", async () => {
    expect(await firstLines(changed("size: 64", "size: 65"))).toEqual([
      'main.yaml:6:3 error[G310]: node "encoder": image side 65 is no multiple of patch 16',
    ]);
    expect(await firstLines(changed("encoder.patches,", "encoder.patches, params: { patch: 9 },"))).toEqual([
      'main.yaml:6:54 error[G310]: node "encoder": image side 64 is no multiple of patch 9',
    ]);
  });

  test("a size that is no whole number is a mistake of the node", async () => {
    const half = map("t.half", "f32[B,H,W,c]", "f32[B,h]", (_p, { H }) => (H === undefined ? {} : { h: H / 3 }));
    expect(await firstLines(chain("t.half"), { extra: [half] })).toEqual([
      expect.stringMatching(
        /^main\.yaml:4:3 error\[G310\]: node "n0": its params give h = 21\.3+\d*, and a size is a whole number of at least 1$/,
      ),
    ]);
  });

  test("a type that is declared wrongly is named", async () => {
    expect(await firstLines(chain("t.bad"), { extra: [map("t.bad", "f32[B,,]", "f32[B]")] })).toEqual([
      'main.yaml:4:3 error[G205]: node "n0": type t.bad is declared wrongly: "" is no size: write a name, a number of at least 1, or ...',
    ]);
  });
});

describe("references", () => {
  test.each([
    [
      "to no node",
      changed("value: sampler.z", "value: smapler.z"),
      'main.yaml:12:40 error[G301]: no node "smapler"',
      'did you mean "sampler"?',
    ],
    [
      "to no output",
      changed("prediction: dit.velocity", "prediction: dit.velosity"),
      'main.yaml:9:46 error[G302]: node "dit" (model.dit) has no output "velosity"',
      'did you mean "velocity"?',
    ],
    [
      "to a node without outputs",
      changed("value: sampler.z", "value: adam"),
      'main.yaml:12:40 error[G302]: node "adam" (train.adam) has no outputs',
      undefined,
    ],
    [
      "to one of several outputs",
      changed("like: encoder.z", "like: encoder"),
      'main.yaml:7:40 error[G309]: "encoder" alone does not say which output of node "encoder" (encoder.patches) it means',
      "write encoder.z or encoder.weights",
    ],
    [
      "that is none",
      changed("value: sampler.z", 'value: "a b"'),
      'main.yaml:12:40 error[G309]: "a b" is no reference',
      "write node.port, or node where it has one output",
    ],
    [
      "into no input",
      changed("label: images.label }", "label: images.label, mask: images.label }"),
      'main.yaml:8:106 error[G302]: node "dit" (model.dit) has no input "mask"',
      "its inputs: x, t and label",
    ],
    [
      "into a misspelt input, once",
      changed("label: images.label }", "lable: images.label }"),
      'main.yaml:8:85 error[G302]: node "dit" (model.dit) has no input "lable"',
      'did you mean "label"?',
    ],
    [
      "to the average of a tensor",
      changed("value: sampler.z", "value: sampler.z@ema"),
      'main.yaml:12:40 error[G308]: "@ema" stands on a model or its weights; "sampler.z" is f32[B,h,w,C]',
      'remove "@ema"',
    ],
    [
      "to an unknown variant",
      changed("dit.model@ema", "dit.model@best"),
      'main.yaml:11:47 error[G308]: unknown variant "@best"',
      'the only one is "@ema", the averaged weights',
    ],
    [
      "of a number",
      changed("value: sampler.z", "value: 3"),
      'main.yaml:12:40 error[G106]: node "show": in.value: expected a text, got 3',
      undefined,
    ],
  ])("%s", async (_what, text, line, cure) => {
    const [first, ...others] = await mistakes(text);
    expect(others).toEqual([]);
    expect(first?.split("\n")[0]).toBe(line);
    if (cure !== undefined) expect(first).toContain(`      = ${cure}`);
  });

  test("to a node of unknown type are not told again", async () => {
    expect(await firstLines(changed("flow.sampler,", "flow.nothing,"))).toEqual([
      'main.yaml:11:20 error[G201]: node "sampler": unknown type "flow.nothing"',
    ]);
  });

  test("in a circle are told once, with the path", async () => {
    expect(await mistakes(changed("like: encoder.z", "like: dit.velocity"))).toEqual([
      `main.yaml:8:77 error[G307]: nodes read from each other in a circle: time -> dit -> time
    8 |   dit: { type: model.dit, params: { input_size: 4 }, in: { x: encoder.z, t: time.t, label: images.label } }
      |                                                                             ^^^^^^
      = take one of these edges out`,
    ]);
  });

  test("to a node by its name alone mean its only output", async () => {
    expect((await check(changed("value: sampler.z", "value: sampler"))).edges.at(-1)?.from).toEqual({
      node: "sampler",
      port: "z",
    });
  });
});

describe("inputs", () => {
  test("of a model that only a sampler asks may stay unconnected, those of a model that is run may not", async () => {
    const asked = `name: a
nodes:
  images: { type: data.images, params: { file: ./a.bin } }
  dit: { type: model.dit, params: { input_size: 4 } }
  sampler: { type: flow.sampler, in: { model: dit.model, label: images.label } }
  show: { type: out.show, in: { value: sampler.z } }
`;
    expect(await firstLines(asked)).toEqual([]);
    expect(await firstLines(`${asked}  wrong: { type: out.show, in: { value: dit.velocity } }\n`)).toHaveLength(3);
  });

  test("that are required name what would fit, their own name first", async () => {
    expect(await mistakes(changed(", t: time.t", ""))).toEqual([
      `main.yaml:8:3 error[G303]: node "dit": input "t" (f32[B]) is not connected
    8 |   dit: { type: model.dit, params: { input_size: 4 }, in: { x: encoder.z, label: images.label } }
      |   ^^^
      = add in: { t: time.t }`,
    ]);
  });

  test("that nothing fits say so", async () => {
    const [text] = await mistakes("name: a\nnodes: { show: { type: out.show } }");
    expect(text).toContain("= no node of this graph gives f32[B,...]");
  });

  test("that are optional may stay open", async () => {
    const node = defineNode({
      kind: "map",
      type: "t.maybe",
      note: "Maybe.",
      inputs: { x: optional(tensor("f32[B]")) },
      outputs: { w: weights() },
      params: z.object({}),
      run: never,
    });
    expect(await firstLines("name: a\nnodes: { n: { type: t.maybe } }", { extra: [node] })).toEqual([]);
  });

  test("outputs that nobody reads are fine", async () => {
    expect(await firstLines("name: a\nnodes: { images: { type: data.images, params: { file: a } } }")).toEqual([]);
  });
});
