import { describe, expect, test } from "@jest/globals";
import { check, firstLines, goodGraph } from "./fake-graph.js";

const images = "images: { type: data.images, params: { file: a, size: 64 } }";
const small = "small: { type: data.images, params: { file: a, size: 32 } }";
const encoder = "encoder: { type: encoder.patches, params: { patch: 8, width: 4 }, in: { image: images.image } }";
const graph = (...nodes: string[]): string => `name: a\nnodes:\n${nodes.map((node) => `  ${node}\n`).join("")}`;
const nodeOf = async (text: string, name: string, files?: Record<string, string>): Promise<unknown> => {
  const found = (await check(text, files ? { files } : {})).nodes.find((node) => node.name === name);
  return found && { type: found.def.type, params: found.params, again: found.again, h: found.dims["h"] };
};

describe("a node that is another one again", () => {
  test("has its type and params, and its own inputs", async () => {
    const text = graph("other: { again: encoder@ema, in: { image: small.image } }", images, small, encoder);
    expect(await nodeOf(text, "other")).toEqual({
      type: "encoder.patches",
      params: { patch: 8, width: 4 },
      again: { node: "encoder", variant: "ema" },
      h: 4,
    });
  });

  test("stands in the resolved text, which loads to the same graph", async () => {
    const text = graph(images, encoder, "other: { again: encoder, in: { image: images.image } }");
    const { resolved } = await check(text);
    expect(resolved).toContain("again: encoder");
    expect((await check(resolved)).resolved).toBe(resolved);
  });

  test("may be an included file: its models share their weights", async () => {
    const part =
      'inputs: { image: "f32[B,H,W,3]" }\nvars: { width: 4 }\nnodes:\n  net: { type: encoder.patches, params: { width: "${vars.width}" }, in: { image: inputs.image } }\noutputs: { z: net.z }\n';
    const text = graph(
      images,
      "part: { use: ./part.yaml, vars: { width: 6 }, in: { image: images.image } }",
      "more: { again: part, in: { image: images.image } }",
    );
    const found = await nodeOf(text, "more/net", { "/graphs/part.yaml": part });
    expect(found).toMatchObject({ params: { width: 6 }, again: { node: "part/net" } });
  });

  test.each([
    [[images, "b: { again: imagez, in: {} }"], 'main.yaml:4:15 error[G301]: no node "imagez"'],
    [
      [images, "b: { again: images }"],
      'main.yaml:4:15 error[G311]: node "b" is to be "images" again, and a source has no weights to use again',
    ],
    [
      [images, encoder, "b: { again: encoder, in: { image: images.image } }", "c: { again: b, in: { image: images.image } }"],
      'main.yaml:6:15 error[G311]: node "c" is to be "b" again, which is "encoder" again itself',
    ],
    [[images, encoder, "b: { again: encoder@best }"], 'main.yaml:5:15 error[G308]: there is no variant "@best"'],
    [[images, encoder, "b: { again: encoder, params: {} }"], 'main.yaml:5:24 error[G104]: node "b": unknown key "params"'],
  ])("is refused: %#", async (nodes, expected) => {
    expect(await firstLines(graph(...nodes))).toContain(expected);
  });
});

describe("from", () => {
  const late = goodGraph.replace("type: train.adam,", "type: train.adam, from: 5,");

  test("may not leave a phase that trains without training", async () => {
    expect(late).not.toBe(goodGraph);
    expect((await firstLines(late)).join("\n")).toContain(
      'error[G312]: phase "train" trains nothing at first: "adam" takes part from step 5 on only',
    );
  });

  test("must not start behind what reads it", async () => {
    const text = graph(
      images,
      encoder.replace("{ type", "{ from: 3, type"),
      "b: { type: encoder.patches, in: { image: images.image } }",
    );
    expect((await check(text)).nodes.map(({ from }) => from)).toEqual([undefined, 3, undefined]);
    const reads = goodGraph.replace(/(encoder: \{ )/, "$1from: 3, ");
    expect(reads).not.toBe(goodGraph);
    expect((await firstLines(reads)).join("\n")).toMatch(
      /error\[G312\]: node "\w+": input "\w+" reads "encoder", which takes part from step 3 on only/,
    );
  });

  test("does not stand on a source", async () => {
    expect(await firstLines(graph(images.replace("{ type", "{ from: 3, type")))).toEqual([
      'main.yaml:3:19 error[G312]: node "images" is a source, and sources take part in every step',
    ]);
  });
});
