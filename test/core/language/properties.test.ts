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

/** The text with one of its lines or words put, or put once more, where another one stands. */
function moved(text: string, { lines, from, to, keep }: { lines: boolean; from: number; to: number; keep: boolean }): string {
  const parts = text.split(lines ? /(?<=\n)/ : /\b/);
  const [at, target] = [Math.floor(from * parts.length), Math.floor(to * parts.length)];
  const taken = parts[at] ?? "";
  if (!keep) parts.splice(at, 1);
  parts.splice(target, 0, taken);
  return parts.join("");
}

async function onlyGraphErrors(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    // Only the count of further problems, and a graph file that cannot be read, have no place.
    for (const { code, at } of error.problems.filter((problem) => problem.code !== "G100")) {
      const text = at && error.sources.get(at.file);
      expect([code, at !== undefined, text !== undefined]).toEqual([code, true, true]);
      expect(at && at.start >= 0 && at.start <= at.end && at.end <= (text ?? "").length).toBe(true);
    }
  }
}

/** How many texts to try; RAEGRAPH_FUZZ=20000 tries as many. */
const many = Number(process.env["RAEGRAPH_FUZZ"] ?? 400);

describe("whatever the text", () => {
  test("a broken graph file gives a GraphError and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) =>
        onlyGraphErrors(() => check(apply(including, edits), { files })),
      ),
      { numRuns: many, seed: 1 },
    );
  }, 600_000);

  test("lines and words that changed places give a GraphError and nothing else", async () => {
    const from = fc.double({ min: 0, max: 1, noNaN: true });
    const move = fc.record({ lines: fc.boolean(), from, to: from, keep: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 5 }), (moves) =>
        onlyGraphErrors(() => check(moves.reduce(moved, including), { files })),
      ),
      { numRuns: many, seed: 6 },
    );
  }, 600_000);

  test("a broken overlay gives a GraphError and nothing else", async () => {
    const overlay = "seed: 3\nvars: { batch: 4 }\nnodes: { dit: { params: { depth: 2 } }, show: ~ }\nphases: { sample: ~ }\n";
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) =>
        onlyGraphErrors(() => check(including, { files: { ...files, "/o.yaml": apply(overlay, edits) }, overlays: ["/o.yaml"] })),
      ),
      { numRuns: Math.ceil(many / 3), seed: 7 },
    );
  }, 600_000);

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

test("a graph with overrides, printed and read again, is the same graph", async () => {
  const override = fc.oneof(
    fc.integer({ min: 1, max: 100 }).map((depth) => `dit.depth=${depth}`),
    fc.integer({ min: 1, max: 9 }).map((batch) => `vars.batch=${batch}`),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((seed) => `seed=${seed}`),
    fc.double({ min: 1e-9, max: 1e9, noNaN: true }).map((lr) => `adam.lr=${lr}`),
    fc
      .tuple(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.double({ min: 0, max: 0.99, noNaN: true }))
      .map(([a, b]) => `adam.betas=[${a}, ${b}]`),
    fc.stringMatching(/^[a-z ]{1,9}$/).map((file) => `images.file=${JSON.stringify(file)}`),
    fc.constantFrom("~phases.sample", "train.steps=3", "dit.norm={eps: 0.5}", "encoder/encoder.patch=16"),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(override, { maxLength: 4 }), async (overrides) => {
      fc.pre(overrides.filter((text) => text.startsWith("~")).length < 2);
      const { resolved, nodes } = await check(including, { files, overrides });
      const again = await check(resolved);
      expect(again.resolved).toBe(resolved);
      expect(again.nodes.map(({ params }) => params)).toEqual(nodes.map(({ params }) => params));
    }),
    { numRuns: 200, seed: 8 },
  );
});

async function typesOf(text: string): Promise<readonly string[]> {
  const { edges } = await check(text);
  return edges.map(({ from, to, type }) => `${from.node}.${from.port} -> ${to.node}.${to.port}: ${type}`).sort();
}
