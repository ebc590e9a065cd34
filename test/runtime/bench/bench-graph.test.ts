import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { builtinBackends } from "../../../src/backends/index.js";
import { benchGraph } from "../../../src/runtime/bench/bench-graph.js";
import type { BenchOptions, GraphBench } from "../../../src/runtime/bench/bench-graph.js";
import { loadGraph } from "../../../src/runtime/load-graph.js";
import { UsageError } from "../../../src/runtime/usage-error.js";
import { changed, tinyFolder } from "../../acceptance/tiny.js";

let folder = "";
beforeAll(async () => {
  const scored = ["  sample: {", "  score: { run: [mean], after: train }\n  sample: {"] as const;
  const reduced = [
    "phases:",
    "  mean: { type: metric.mean, params: { name: loss }, in: { value: loss.value } }\nphases:",
  ] as const;
  folder = await tinyFolder(changed(scored, reduced));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bench(more: Partial<BenchOptions> = {}, overrides: string[] = []): Promise<GraphBench> {
  const graph = await loadGraph(join(folder, "tiny.yaml"), { overrides });
  const options = {
    backends: builtinBackends,
    backend: "reference",
    precision: "fp32",
    steps: 2,
    note: () => undefined,
  } as const;
  return benchGraph(graph, { ...options, ...more });
}

describe("the training phase", () => {
  let timed: GraphBench;
  beforeAll(async () => {
    timed = await bench();
  });

  test("is the one that is timed where none is named", () => {
    expect(timed).toMatchObject({ graph: "tiny", phase: "train", batch: 4, steps: 2, precision: "fp32" });
  });

  test("has a row for every node on its way forth, back and in the update, in that order", () => {
    expect(timed.rows.map(({ node, part }) => `${part} ${node ?? "-"}`)).toEqual([
      "forward encoder",
      "forward time",
      "forward noisy",
      "forward dit",
      "forward loss",
      "backward loss",
      "backward dit",
      "update adam",
      "data -",
      "rest -",
      "results -",
    ]);
  });

  test("has rows that sum to the step", () => {
    const sum = timed.rows.reduce((total, { ms }) => total + ms, 0);
    expect(sum).toBeCloseTo(timed.watchedMs, 6);
    expect(timed.rows.reduce((total, { share }) => total + share, 0)).toBeCloseTo(1, 9);
    expect(timed.rows.every(({ ms }) => ms >= 0)).toBe(true);
    expect(timed.stepMs).toBeGreaterThanOrEqual(timed.leastMs);
  });

  test("gives a rate only to nodes that count their operations: back twice those of the way forth", () => {
    const rated = timed.rows.filter(({ gflops }) => gflops !== undefined);
    expect(rated.map(({ node, part }) => `${part} ${node ?? ""}`)).toEqual(["forward encoder", "forward dit", "backward dit"]);
    const [, forth, back] = rated.map(({ ms, gflops = 0 }) => ms * gflops);
    expect(back).toBeCloseTo(2 * (forth ?? 0), 9);
  });

  test("gives images per second by the step's time", () => {
    expect(timed.imagesPerSecond).toBeCloseTo((1000 * 4) / timed.stepMs, 6);
  });

  test("has no peak where the backend cannot measure one", () => {
    expect([timed.peak, timed.floorMs]).toEqual([undefined, undefined]);
  });
});

test("a sampling phase is timed without its sinks, its one batch of labels again and again", async () => {
  const { rows, leftOut, batch, steps } = await bench({ phase: "sample" });
  expect([batch, steps]).toEqual([4, 2]);
  expect(leftOut).toEqual(["grid"]);
  expect(rows.map(({ node, part }) => `${part} ${node ?? "-"}`)).toEqual([
    "forward drawn",
    "forward picture",
    "data -",
    "rest -",
    "results -",
  ]);
});

test("a scoring phase is timed with its reducers, and trains nothing", async () => {
  const { rows } = await bench({ phase: "score" });
  const parts = rows.filter(({ node }) => node).map(({ part }) => part);
  expect(new Set(parts)).toEqual(new Set(["forward", "host"]));
  expect(rows.find(({ part }) => part === "host")?.node).toBe("mean");
});

test("nothing is written", async () => {
  const before = await readdir(folder, { recursive: true });
  await bench();
  expect(await readdir(folder, { recursive: true })).toEqual(before);
});

test.each([
  [
    "a phase that is not there",
    { phase: "trian" },
    'graph "tiny" has no phase "trian"; did you mean "train"? there are train, score, sample',
  ],
  ["a backend that is not there", { backend: "nativ" }, 'unknown backend "nativ"'],
  ["a precision that the backend lacks", { precision: "bf16" as const }, "computes in fp32, not in bf16"],
])("%s is refused", async (_what, options, message) => {
  const refused = bench(options);
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(message);
});

test("a step that fails names its node and place", async () => {
  await expect(bench({}, ["adam.lr=1.0e+38", "adam.clip=0"])).rejects.toThrow(
    /node "dit" \(.*tiny\.yaml:\d+:\d+\) failed at step \d/,
  );
});
