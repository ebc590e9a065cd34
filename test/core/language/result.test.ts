import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { defineNode } from "../../../src/core/define-node.js";
import type { Graph } from "../../../src/core/graph.js";
import { tensor } from "../../../src/core/port.js";
import { GraphError } from "../../../src/core/problem.js";
import { check, goodGraph, mainFile } from "./fake-graph.js";

const encoder =
  'inputs: { image: "f32[B,H,W,3]" }\noutputs: { z: vit.z }\nnodes:\n  vit: { type: encoder.patches, note: "frozen: yes", params: { weights: ./w.bin }, in: { image: inputs.image } }\n';
const files = { "/graphs/encoder.yaml": encoder };

/** All of a graph but where it came from. */
const meaning = ({ name, note, seed, nodes, edges, phases }: Graph): object => ({
  name,
  note,
  seed,
  edges,
  phases,
  nodes: nodes.map(({ name: node, def, params, inputs, dims, summary }) => ({
    node,
    type: def.type,
    params,
    inputs,
    dims,
    summary,
  })),
});

describe("the resolved text", () => {
  test("loads to the same graph, includes, variables, overrides and defaults put in", async () => {
    const text = `note: "Trains: all"\n${goodGraph.replace("type: encoder.patches", "use: ./encoder.yaml")}`;
    const graph = await check(text, {
      files,
      overrides: ["dit.depth=3", "images.more=[x, y]", "dit.norm={kind: rms}", "time.shift=1e-7"],
    });
    const again = await check(graph.resolved);
    expect(meaning(again)).toEqual(meaning(graph));
    expect(again.resolved).toBe(graph.resolved);
    expect(graph.resolved).toContain("  encoder/vit:\n    type: encoder.patches@3\n");
    expect(graph.resolved).toContain("\n      depth: 3\n");
    expect(graph.resolved).not.toContain("${");
  });

  test("loads to the same graph where phases are implied", async () => {
    const graph = await check(goodGraph.slice(0, goodGraph.indexOf("phases:")));
    expect(meaning(await check(graph.resolved))).toEqual(meaning(graph));
  });

  test("keeps texts that look like something else, and what a schema turns into another thing", async () => {
    const params = z.object({
      words: z.array(z.string()),
      size: z.string().transform((text) => text.length),
      deep: z.record(z.string(), z.unknown()).default({}),
    });
    const words = defineNode({
      kind: "source",
      type: "data.words",
      note: "Words.",
      inputs: {},
      outputs: {},
      params,
      open: () => Promise.reject(new Error("not run")),
    });
    const odd = [
      "true",
      "null",
      "12",
      "-",
      "a: b",
      "x #y",
      "",
      " ",
      "é",
      "no",
      "~",
      "*a",
      "&a",
      "!t",
      "line\nbreak",
      'qu"ote',
      "back\\slash",
      "\u2028",
    ];
    const text = `name: a\nnodes: { n: { type: data.words, params: { words: ${JSON.stringify(odd)}, size: abcd, deep: { a: { b: [1, { c: .inf }, null, -0.0] } } } } }`;
    const graph = await check(text, { extra: [words] });
    expect(graph.nodes[0]?.params).toEqual({ words: odd, size: 4, deep: { a: { b: [1, { c: Infinity }, null, -0] } } });
    expect(meaning(await check(graph.resolved, { extra: [words] }))).toEqual(meaning(graph));
  });
});

describe("the graph", () => {
  test("orders nodes after their producers, otherwise as in the file", async () => {
    const [head = "", body = "", tail = ""] = goodGraph.split(/(?<=nodes:\n)|(?=phases:)/);
    const order = async (lines: readonly string[]): Promise<string[]> =>
      (await check(`${head}${lines.join("\n")}\n${tail}`)).nodes.map(({ name }) => name);
    const lines = body.trimEnd().split("\n");
    const names = ["images", "encoder", "time", "dit", "loss", "adam", "sampler", "show"];
    expect(await order(lines)).toEqual(names);
    expect(await order([...lines].reverse())).toEqual(["images", "encoder", "time", "dit", "sampler", "show", "loss", "adam"]);
  });

  test("knows where each node stands and which files were read", async () => {
    const text = goodGraph.replace("type: encoder.patches", "use: ./encoder.yaml");
    const { nodes, sources, file, name, seed } = await check(text, { files, overrides: ["dit.depth=3"] });
    expect([file, name, seed]).toEqual([mainFile, "good", 7]);
    expect([...sources]).toEqual([
      [mainFile, text],
      ["/graphs/encoder.yaml", encoder],
    ]);
    const place = nodes.find((node) => node.name === "encoder/vit")?.at;
    expect(encoder.slice(place?.start, place?.end)).toBe("vit");
  });

  test("may be as long as 3,000 nodes in a row, their sizes unknown", async () => {
    const start = defineNode({
      kind: "source",
      type: "data.any",
      note: "Any.",
      inputs: {},
      outputs: { x: tensor("f32[B,...]") },
      params: z.object({}),
      open: () => Promise.reject(new Error("not run")),
    });
    const same = defineNode({
      kind: "map",
      type: "t.same",
      note: "Same.",
      inputs: { x: tensor("f32[B,...]") },
      outputs: { x: tensor("f32[B,...]") },
      params: z.object({}),
      run: ({ x }) => ({ x }),
    });
    const lines = Array.from({ length: 3000 }, (_, i) => `  n${i}: { type: t.same, in: { x: ${i === 0 ? "s" : `n${i - 1}`} } }`);
    for (const each of [lines, [...lines].reverse()]) {
      const { edges } = await check(`name: long\nnodes:\n  s: { type: data.any }\n${each.join("\n")}\n`, {
        extra: [start, same],
      });
      expect(edges).toHaveLength(3000);
      expect(edges.at(-1)?.type).toBe("f32[B,...]");
    }
  });

  test("file that is missing is a GraphError too", async () => {
    const { checkGraph } = await import("../../../src/core/language/check-graph.js");
    const input = {
      file: "/x.yaml",
      registry: new Map<string, never>(),
      read: () => Promise.reject(new Error("no such file")),
      resolve: (_from: string, to: string) => to,
      overridesFrom: "/.",
    };
    await expect(checkGraph(input)).rejects.toThrow(GraphError);
    await expect(checkGraph(input)).rejects.toThrow('[G401] cannot read "/x.yaml": no such file');
  });
});
