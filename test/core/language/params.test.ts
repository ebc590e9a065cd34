import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { defineNode } from "../../../src/core/define-node.js";
import { path } from "../../../src/core/params.js";
import { check, firstLines, mistakes } from "./fake-graph.js";

/** A graph of one node. */
const one = (type: string, params: string): string => `name: a\nnodes: { n: { type: ${type}, params: { ${params} } } }`;
const data = (params: string): string => one("data.images", params);

const source = (type: string, params: z.ZodObject): ReturnType<typeof defineNode> =>
  defineNode({
    kind: "source",
    type,
    note: "For these tests.",
    inputs: {},
    outputs: {},
    params,
    open: () => Promise.reject(new Error("the checker runs no node")),
  });

describe("types", () => {
  test.each([
    [
      "a misspelt type",
      "data.imags",
      'main.yaml:2:21 error[G201]: node "n": unknown type "data.imags"',
      'did you mean "data.images"?',
    ],
    [
      "the right name in a wrong family",
      "source.images",
      'main.yaml:2:21 error[G201]: node "n": unknown type "source.images"',
      'did you mean "data.images"?',
    ],
    ["a strange type", "xyz", 'main.yaml:2:21 error[G201]: node "n": unknown type "xyz"', "`graph inspect` lists the types"],
    [
      "another version",
      "data.images@2",
      'main.yaml:2:21 error[G202]: node "n": version "2" of "data.images" is asked for, version 1 is installed',
      "write data.images@1 after reading what changed, or install the other version",
    ],
  ])("%s is refused, and nothing is said of its params", async (_what, type, line, cure) => {
    const [first, ...others] = await mistakes(one(type, "nonsense: 1"));
    expect(others).toEqual([]);
    expect(first?.split("\n")[0]).toBe(line);
    expect(first).toContain(`= ${cure}`);
  });

  test("the installed version may be named", async () => {
    expect(await firstLines(one("data.images@1", "file: a"))).toEqual([]);
  });
});

describe("params", () => {
  test("defaults are filled in and paths made absolute, in lists too", async () => {
    const { nodes } = await check(data("file: sub/a.bin, more: [../b, /c]"));
    expect(nodes[0]?.params).toEqual({ file: "/graphs/sub/a.bin", more: ["/b", "/c"], batch: 32, size: 64 });
  });

  test.each([
    [
      "too small",
      data("file: a, batch: 0"),
      'main.yaml:2:60 error[G203]: node "n": param "batch" expects a whole number from 1 to 512, got 0',
    ],
    [
      "no whole number",
      data("file: a, batch: 1.5"),
      'main.yaml:2:60 error[G203]: node "n": param "batch" expects a whole number from 1 to 512, got 1.5',
    ],
    [
      "no number",
      data("file: a, size: wide"),
      'main.yaml:2:59 error[G203]: node "n": param "size" expects a whole number of at least 1, got "wide" (a string)',
    ],
    [
      "nothing",
      data("file: a, size: "),
      'main.yaml:2:60 error[G203]: node "n": param "size" expects a whole number of at least 1, got nothing',
    ],
    ["a number as path", data("file: 3"), 'main.yaml:2:50 error[G203]: node "n": param "file" expects a path, got 3'],
    ["a list as path", data("file: [a]"), 'main.yaml:2:50 error[G203]: node "n": param "file" expects a path, got a list'],
    [
      "an empty path",
      data('file: ""'),
      'main.yaml:2:50 error[G203]: node "n": param "file" expects at least 1 letter, got "" (a string)',
    ],
    ["a wrong item", data("file: a, more: [b, 3]"), 'main.yaml:2:63 error[G203]: node "n": param "more.1" expects a path, got 3'],
    ["missing", data("batch: 3"), 'main.yaml:2:10 error[G204]: node "n": param "file" is missing: it is a path'],
    ["unknown", data("file: a, colour: red"), 'main.yaml:2:53 error[G104]: node "n": unknown param "colour"'],
  ])("%s is refused", async (_what, text, line) => {
    expect(await firstLines(text)).toEqual([line]);
  });

  test("a misspelt required key is one mistake", async () => {
    expect(await mistakes(data("flie: a"))).toEqual([
      `main.yaml:2:45 error[G104]: node "n": unknown param "flie"
    2 | nodes: { n: { type: data.images, params: { flie: a } } }
      |                                            ^^^^
      = did you mean "file"?`.replace(":45", ":44"),
    ]);
  });

  test("a number in quotes gets its cure, a near word too", async () => {
    expect((await mistakes(data('file: a, size: "64"')))[0]).toContain("= remove the quotes");
    const node = source("data.mode", z.object({ mode: z.enum(["linear", "cosine"]) }));
    const [text] = await mistakes(one("data.mode", "mode: cosin"), { extra: [node] });
    expect(text?.split("\n")[0]).toBe(
      'main.yaml:2:48 error[G203]: node "n": param "mode" expects "linear" or "cosine", got "cosin" (a string)',
    );
    expect(text).toContain('= did you mean "cosine"?');
  });

  test("several of one node are all told", async () => {
    expect(await firstLines(data("batch: 0, size: 0, colour: red"))).toEqual([
      expect.stringContaining('param "file" is missing'),
      expect.stringContaining('param "batch" expects'),
      expect.stringContaining('param "size" expects'),
      expect.stringContaining('unknown param "colour"'),
    ]);
  });

  test("maps inside params are strict too, open ones stay open", async () => {
    const inner = z.object({ kind: z.string().default("x"), size: z.number().optional() });
    const node = source(
      "data.deep",
      z.object({
        one: inner,
        list: z.array(inner).default([]),
        free: z.record(z.string(), z.number()).default({}),
        loose: z.looseObject({}).default({}),
      }),
    );
    const lines = await firstLines(
      one("data.deep", "one: { knid: y }, list: [{}, { siez: 1 }], free: { a: 1 }, loose: { b: 2 }"),
      { extra: [node] },
    );
    expect(lines).toEqual([
      'main.yaml:2:49 error[G104]: node "n": unknown param "one.knid"',
      'main.yaml:2:73 error[G104]: node "n": unknown param "list.1.siez"',
    ]);
  });

  test("a rule of the schema's own speaks for itself", async () => {
    const even = z.number().refine((value) => value % 2 === 0, "must be even");
    const both = z
      .object({ a: even.default(2), low: z.number().default(0), high: z.number().default(1) })
      .refine((p) => p.low < p.high, "low must lie below high");
    const lines = async (params: string): Promise<string[]> =>
      firstLines(one("data.rule", params), { extra: [source("data.rule", both)] });
    expect(await lines("a: 3")).toEqual(['main.yaml:2:45 error[G203]: node "n": param "a": must be even, got 3']);
    expect(await lines("low: 5")).toEqual(['main.yaml:2:10 error[G203]: node "n": low must lie below high']);
  });

  test("a schema that throws is a faulty type, not a crash", async () => {
    const faulty = z.object({
      a: z.string().transform((): string => {
        throw new Error("oops");
      }),
    });
    expect(await firstLines(one("data.faulty", "a: x"), { extra: [source("data.faulty", faulty)] })).toEqual([
      'main.yaml:2:42 error[G205]: node "n": the schema of data.faulty failed: oops',
    ]);
  });

  test("a path keeps its mark under optional, default and description", async () => {
    const node = source(
      "data.paths",
      z.object({
        a: path("x").optional(),
        b: path("y").default("z"),
        c: path("q").nullable().optional().describe("said again"),
        word: z.string().default("w"),
      }),
    );
    const { nodes } = await check(one("data.paths", "a: one, c: two, word: three"), { extra: [node] });
    expect(nodes[0]?.params).toEqual({ a: "/graphs/one", b: "z", c: "/graphs/two", word: "three" });
  });
});

describe("looks at files", () => {
  test("what a probe refuses stands at the path that it names", async () => {
    expect(await firstLines(data("file: missing.bin"))).toEqual([
      'main.yaml:2:50 error[G403]: node "n": no such file: /graphs/missing.bin',
    ]);
  });

  test("its sizes and its line join the node", async () => {
    const { nodes } = await check(data("file: a, size: 28"));
    expect(nodes[0]).toMatchObject({ dims: { B: 32, H: 28, W: 28 }, summary: "images 28x28" });
  });

  test("what the last look refuses stands at the weights param, others are still checked", async () => {
    const text =
      "name: a\nnodes:\n  images: { type: data.images, params: { file: a } }\n  enc: { type: encoder.patches, params: { weights: w.bin }, in: { image: images.image } }\n  two: { type: encoder.patches, in: { image: images.image } }\n";
    const inspect = async ({ name, dims }: { name: string; dims: Readonly<Record<string, number>> }): Promise<void> => {
      if (name !== "images") throw new Error(`has ${dims["h"]} rows`);
    };
    expect(await firstLines(text, { inspect })).toEqual([
      'main.yaml:4:52 error[G404]: node "enc": has 4 rows',
      'main.yaml:5:3 error[G404]: node "two": has 4 rows',
    ]);
  });

  test("a node whose sizes are open through another mistake is not looked at", async () => {
    const text =
      "name: a\nnodes:\n  enc: { type: encoder.patches, params: { weights: w.bin } }\n  show: { type: out.show, in: { value: enc.z } }\n";
    const inspect = async (): Promise<void> => Promise.reject(new Error("looked"));
    expect(await firstLines(text, { inspect })).toEqual([
      'main.yaml:3:3 error[G303]: node "enc": input "image" (f32[B,H,W,c]) is not connected',
    ]);
  });
});
