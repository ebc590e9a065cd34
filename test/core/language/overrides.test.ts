import { describe, expect, test } from "@jest/globals";
import type { Graph } from "../../../src/core/graph.js";
import { check, firstLines, goodGraph, mistakes } from "./fake-graph.js";

const encoder =
  'inputs: { image: "f32[B,H,W,3]" }\noutputs: { z: vit.z }\nvars: { patch: 16 }\nnodes:\n  vit: { type: encoder.patches, params: { patch: "${vars.patch}" }, in: { image: inputs.image } }\n';
const files = { "/graphs/encoder.yaml": encoder };
const including = goodGraph.replace("type: encoder.patches", "use: ./encoder.yaml");
const set = async (...overrides: string[]): Promise<Graph> => check(goodGraph, { overrides });
const param = (graph: Graph, node: string, name: string): unknown =>
  graph.nodes.find((other) => other.name === node)?.params[name];

describe("setting", () => {
  test("a param, in long and short form, whether the file has it or not", async () => {
    expect(param(await set("dit.params.depth=12"), "dit", "depth")).toBe(12);
    expect(param(await set("dit.depth=12"), "dit", "depth")).toBe(12);
    expect(param(await set("nodes.dit.params.depth=12"), "dit", "depth")).toBe(12);
    expect(param(await set("sampler.steps=3"), "sampler", "steps")).toBe(3);
    expect(param(await set("dit.norm.eps=0.5"), "dit", "norm")).toEqual({ eps: 0.5 });
  });

  test("one item of a list", async () => {
    expect(param(await set("adam.betas=[0.5, 0.6]", "adam.betas.1=0.7"), "adam", "betas")).toEqual([0.5, 0.7]);
  });

  test("several, the later over the earlier", async () => {
    expect(param(await set("dit.depth=1", "dit.depth=2"), "dit", "depth")).toBe(2);
  });

  test("variables, before they are used", async () => {
    expect((await set("vars.batch=4")).edges[0]?.type).toBe("f32[4,64,64,3]");
  });

  test("the seed, and phases with and without their group", async () => {
    const graph = await set("seed=9", "train.steps=10", "phases.sample.every=5");
    expect([graph.seed, graph.phases[0]?.steps, graph.phases[1]?.every]).toEqual([9, 10, 5]);
  });

  test("edges and types of nodes", async () => {
    const graph = await set("show.in.value=images.image", "sampler.in.model=dit.model");
    expect(graph.edges.at(-1)).toMatchObject({ from: { node: "images", port: "image" }, type: "f32[16,64,64,3]" });
  });

  test("a path counts from the current directory", async () => {
    expect(param(await set("images.file=b.bin"), "images", "file")).toBe("/here/b.bin");
    expect(
      param(await check(goodGraph.replace("./a.bin", "${vars.size}.bin"), { overrides: ["vars.size=64"] }), "images", "file"),
    ).toBe("/here/64.bin");
  });

  test("a node inside an include, its variables, and its type's default", async () => {
    const inside = async (override: string): Promise<unknown> =>
      param(await check(including, { files, overrides: ["dit.input_size=2", override] }), "encoder/vit", "patch");
    expect(await inside("encoder/vit.patch=32")).toBe(32);
    expect(await inside("nodes.encoder/vit.params.patch=32")).toBe(32);
    expect(await inside("encoder.vars.patch=32")).toBe(32);
    expect(await inside("encoder.patch=32")).toBe(32);
  });
});

describe("adding and removing", () => {
  test("a node joins the graph", async () => {
    const graph = await set("+nodes.probe={type: out.show, in: {value: images.image}}");
    expect(graph.nodes.at(-1)).toMatchObject({ name: "probe", inputs: { value: { node: "images", port: "image" } } });
  });

  test("a node goes once nothing reads or runs it", async () => {
    const graph = await set("~phases.sample", "~nodes.show", "~sampler");
    expect(graph.nodes.map(({ name }) => name)).toEqual(["images", "encoder", "time", "dit", "loss", "adam"]);
  });

  test("a key goes back to its default", async () => {
    expect((await set("~phases.train.steps")).phases[0]?.steps).toBeUndefined();
  });

  test("nodes inside includes come and go", async () => {
    const graph = await check(including, {
      files,
      overrides: ["+nodes.encoder/probe={type: out.show, in: {value: inputs.image}}"],
    });
    expect(graph.nodes.find(({ name }) => name === "encoder/probe")?.inputs).toEqual({
      value: { node: "images", port: "image" },
    });
  });
});

describe("refused, with the override's own text as source", () => {
  test.each([
    [
      "a misspelt param",
      "dit.depht=12",
      '<override>:1:5 error[G104]: node "dit": unknown param "depht"',
      'did you mean "depth"?',
    ],
    [
      "a misspelt node",
      "dti.depth=12",
      '<override>:1:1 error[G511]: override "dti.depth=12": no node or phase "dti"',
      'did you mean "dit"?',
    ],
    [
      "a misspelt node in long form",
      "nodes.dti.params.depth=12",
      '<override>:1:7 error[G511]: override "nodes.dti.params.depth=12": no node "dti"',
      'did you mean "dit"?',
    ],
    [
      "a misspelt variable",
      "vars.bach=3",
      '<override>:1:6 error[G511]: override "vars.bach=3": no variable "bach"',
      'did you mean "batch"?',
    ],
    [
      "a misspelt phase",
      "phases.trian.steps=3",
      '<override>:1:8 error[G511]: override "phases.trian.steps=3": no phase "trian"',
      'did you mean "train"?',
    ],
    [
      "a misspelt phase key",
      "train.step=3",
      '<override>:1:7 error[G104]: phase "train": unknown key "step"',
      'did you mean "steps"?',
    ],
    [
      "a misspelt top key",
      "sede=3",
      '<override>:1:1 error[G511]: override "sede=3": no node or phase "sede"',
      'did you mean "seed"?',
    ],
    [
      "a value out of range",
      "dit.depth=0",
      '<override>:1:11 error[G203]: node "dit": param "depth" expects a whole number from 1 to 100, got 0',
      undefined,
    ],
    [
      "no value",
      "dit.depth",
      '<override>:1:1 error[G510]: override "dit.depth" has no value',
      "write key=value, +key=value to add, or ~key to remove",
    ],
    [
      "no key",
      "=3",
      '<override>:1:1 error[G510]: override "=3" names no key',
      "write key=value, +key=value to add, or ~key to remove",
    ],
    [
      "a removal with value",
      "~nodes.show=1",
      '<override>:1:1 error[G510]: override "~nodes.show=1": a removal takes no value',
      "write ~nodes.show",
    ],
    [
      "an addition without group",
      "+probe={}",
      '<override>:1:1 error[G510]: override "+probe={}" does not say what it adds to',
      "write +nodes.probe={}",
    ],
    [
      "adding what is there",
      "+vars.batch=3",
      '<override>:1:1 error[G512]: override "+vars.batch=3": "batch" is already there',
      "to change it, write vars.batch=3",
    ],
    [
      "removing what is not",
      "~phases.score",
      '<override>:1:9 error[G511]: override "~phases.score": there is no "score" to remove',
      undefined,
    ],
    [
      "removing what is read",
      "~nodes.encoder",
      '<override>:1:1 error[G513]: override "~nodes.encoder": "encoder" is still read by "time", "dit" and "loss"',
      "remove or change those first, to the left of it",
    ],
    [
      "removing what a phase runs",
      "~nodes.show",
      '<override>:1:1 error[G513]: override "~nodes.show": "show" is still read by "phases.sample"',
      "remove or change those first, to the left of it",
    ],
    [
      "an item that is not",
      "train.run.3=adam",
      '<override>:1:11 error[G511]: override "train.run.3=adam": the list has no item "3" to set',
      "its items are 0 to 0",
    ],
    [
      "a part of a number",
      "images.size.x=1",
      '<override>:1:13 error[G511]: override "images.size.x=1": there is no "x" inside "${vars.size}" (a string)',
      undefined,
    ],
    ["a node in no include", "dit/x.depth=1", '<override>:1:1 error[G511]: override "dit/x.depth=1": no node "dit/x"', undefined],
  ])("%s", async (_what, override, line, cure) => {
    const [first, ...others] = await mistakes(goodGraph, { overrides: [override] });
    expect(others).toEqual([]);
    expect(first?.split("\n")[0]).toBe(line);
    expect(first?.split("\n")[1]).toBe(`    1 | ${override}`);
    if (cure !== undefined) expect(first).toContain(`      = ${cure}`);
  });

  test("a value that is no YAML", async () => {
    expect(await firstLines(goodGraph, { overrides: ["seed=3", "vars.batch=[1"] })).toEqual([
      expect.stringMatching(/^<override>:2:\d+ error\[G101\]: not valid YAML: /),
    ]);
  });

  test("a misspelt node inside an include", async () => {
    expect(await mistakes(including, { files, overrides: ["encoder/vti.patch=3"] })).toEqual([
      `<override>:1:9 error[G511]: override "encoder/vti.patch=3": no node "vti"
    1 | encoder/vti.patch=3
      |         ^^^
      = did you mean "vit"?`,
    ]);
  });

  test("each in the line of its override", async () => {
    expect(await firstLines(goodGraph, { overrides: ["seed=1", "dti.depth=1", "dit.depth=x"] })).toEqual([
      '<override>:2:1 error[G511]: override "dti.depth=1": no node or phase "dti"',
      '<override>:3:11 error[G203]: node "dit": param "depth" expects a whole number from 1 to 100, got "x" (a string)',
    ]);
  });
});
