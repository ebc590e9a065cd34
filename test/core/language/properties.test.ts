import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { GraphError } from "../../../src/core/problem.js";
import { check, goodGraph } from "./fake-graph.js";

const included = `inputs: { image: "f32[B,H,W,c]" }
outputs: { z: encoder.z }
vars: { patch: 16 }
nodes:
  encoder: { type: encoder.patches, params: { patch: \${vars.patch}, weights: ./w.bin }, in: { image: inputs.image } }
`;
const files = { "/graphs/encoder.yaml": included };
const including = goodGraph.replace("type: encoder.patches", "use: ./encoder.yaml, vars: { patch: 16 }");

/** One edit: at a fraction of the text, take some letters out and put others in. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(6),
  insert: fc.oneof(
    fc.string({ maxLength: 3 }),
    fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ":",
      "\n",
      "\t",
      "  ",
      "${",
      "${vars.batch}",
      "&a ",
      "*a",
      "- ",
      "'",
      '"',
      "#",
      "@ema",
      "!!set",
      "null",
      "-1",
      "__proto__",
      "? ",
      "|\n",
    ),
  ),
});

function apply(text: string, edits: readonly { at: number; remove: number; insert: string }[]): string {
  return edits.reduce((now, { at, remove, insert }) => {
    const start = Math.floor(at * now.length);
    return now.slice(0, start) + insert + now.slice(start + remove);
  }, text);
}

async function onlyGraphErrors(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
  }
}

describe("whatever the text", () => {
  test("a broken graph file gives a GraphError and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) =>
        onlyGraphErrors(() => check(apply(including, edits), { files })),
      ),
      { numRuns: 500, seed: 1 },
    );
  });

  test("a broken included file gives a GraphError and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) =>
        onlyGraphErrors(() => check(including, { files: { "/graphs/encoder.yaml": apply(included, edits) } })),
      ),
      { numRuns: 200, seed: 2 },
    );
  });

  test("a broken override gives a GraphError and nothing else", async () => {
    const overrides = fc.constantFrom(
      "dit.depth=12",
      "encoder/encoder.patch=8",
      "+nodes.probe={type: out.show, in: {value: images}}",
      "~nodes.show",
      "phases.train.run.0=adam",
      "vars.batch=[1, 2]",
    );
    await fc.assert(
      fc.asyncProperty(overrides, fc.array(edit, { maxLength: 3 }), (text, edits) =>
        onlyGraphErrors(() => check(including, { files, overrides: [apply(text, edits)] })),
      ),
      { numRuns: 300, seed: 3 },
    );
  });
});

describe("whatever the order of the nodes", () => {
  const [head = "", body = "", tail = ""] = goodGraph.split(/(?<=nodes:\n)|(?=phases:)/);
  const lines = body.trimEnd().split("\n");

  test("edges have the same types", async () => {
    const expected = await typesOf(goodGraph);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(lines, { minLength: lines.length }), async (shuffled) => {
        expect(await typesOf(`${head}${shuffled.join("\n")}\n${tail}`)).toEqual(expected);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  test("a graph with two sizes for one thing is refused", async () => {
    const wrong = lines.map((line) => line.replace("input_size: 4", "input_size: 8"));
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(wrong, { minLength: wrong.length }), async (shuffled) => {
        await expect(check(`${head}${shuffled.join("\n")}\n${tail}`)).rejects.toThrow(/G306/);
      }),
      { numRuns: 30, seed: 5 },
    );
  });
});

async function typesOf(text: string): Promise<readonly string[]> {
  const { edges } = await check(text);
  return edges.map(({ from, to, type }) => `${from.node}.${from.port} -> ${to.node}.${to.port}: ${type}`).sort();
}
