import { readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { runGraph } from "../../../src/index.js";
import type { RunOptions } from "../../../src/index.js";
import { loadGraph } from "../../../src/runtime/load-graph.js";
import { breach } from "../../../src/runtime/observe/contracts.js";
import { stallReport, watchStalls } from "../../../src/runtime/observe/stall-report.js";
import { statisticsOf } from "../../../src/runtime/observe/statistics-of.js";
import { makeActivity } from "../../../src/runtime/run/activity.js";
import { UsageError } from "../../../src/runtime/usage-error.js";
import { changed, tinyFolder } from "../../acceptance/tiny.js";

let folder = "";
let count = 0;
beforeAll(async () => {
  folder = await tinyFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the tiny graph with a word of `expect` before its phases; gives the run folder. */
async function run(options: RunOptions, expected = ""): Promise<string> {
  const own = await tinyFolder(
    changed(["phases:", `${expected}phases:`], ["steps: 20, checkpoint: 5", "steps: 6, checkpoint: 0"]),
  );
  const runDir = join(folder, `run-${count++}`);
  try {
    await runGraph(await loadGraph(join(own, "tiny.yaml")), { backend: "reference", runDir, ...options });
    return runDir;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

describe("a peek", () => {
  test("tells an edge's numbers at steps 1, 2 and 5, and draws images", async () => {
    const runDir = await run({ peek: ["dit.velocity", "picture.image:image"] });
    const log = (await readFile(join(runDir, "log.jsonl"), "utf8")).split("\n").filter((line) => line.includes("peek:dit"));
    expect(log.map((line) => /phase=\w+ step=\d+/.exec(line)?.[0])).toEqual([1, 2, 5].map((step) => `phase=train step=${step}`));
    expect(log[0]).toMatch(/dit\.velocity f32\[4,2,2,8\] phase=train step=1 min=0 max=0 mean=0 std=0 broken=0/);
    expect(await readdir(join(runDir, "peek"))).toEqual(["picture.image-sample-00000001.png"]);
  });

  test.each([
    ["dti.velocity", 'no node "dti"; did you mean "dit"?'],
    ["dit.weights", 'node "dit" (model.dit_dh) has the outputs velocity to look at'],
    ["dit:movie", 'there is no way "movie" to look; there are stats and image'],
  ])("%s is refused before anything runs", async (peek, message) => {
    await expect(run({ peek: [peek] })).rejects.toThrow(UsageError);
    await expect(run({ peek: [peek] })).rejects.toThrow(message);
  });

  test("counts what is no number", () => {
    const data = Float32Array.of(1, 3, NaN, Infinity);
    expect(statisticsOf({ dtype: "f32", shape: [4], data })).toEqual({ min: 1, max: 3, mean: 2, std: 1, broken: 2 });
  });
});

describe("a contract", () => {
  test("that holds lets the run end", async () => {
    await expect(
      run({}, "expect: { dit.velocity: { finite: true, range: [-8, 8] }, images.image: { range: [0, 1] } }\n"),
    ).resolves.toBeDefined();
  });

  test("that is broken stops the run, with node, place and number", async () => {
    await expect(run({}, "expect: { noisy.x: { range: [-0.001, 0.001] } }\n")).rejects.toThrow(
      /^node "noisy" \(.*tiny\.yaml:20:3\) failed at step 1 of phase "train": noisy\.x breaks what the graph expects of it: -?\d\.\d+ at \[0,0,0,0\] is outside -0\.001 to 0\.001; \d+ of 128 numbers are wrong$/,
    );
  });

  test.each([
    [{ finite: true }, [1, NaN], "NaN at [1] is no finite number; 1 of 2 numbers are wrong"],
    [{ range: [0, 1] }, [NaN, 0.5], undefined],
    [{ range: [0, 1] }, [0.5, Infinity], "Infinity at [1] is no finite number; 1 of 2 numbers are wrong"],
    [{ range: [0, 1] }, [2, 3], "2 at [0] is outside 0 to 1; 2 of 2 numbers are wrong"],
  ] as const)("%j of %j", (promise, numbers, message) => {
    const contract = { edge: { node: "a", port: "x" }, at: { file: "", start: 0, end: 0 }, ...promise };
    expect(breach(contract, { dtype: "f32", shape: [2], data: Float32Array.from(numbers) })).toBe(message);
  });
});

describe("a trace", () => {
  interface Event {
    readonly ph: string;
    readonly name: string;
    readonly tid: number;
    readonly ts: number;
    readonly dur: number;
    readonly args?: { readonly name: string };
  }

  test("is JSON with a lane for the run, the device and each node; spans of a lane lie within each other", async () => {
    const file = join(folder, "trace.json");
    await run({ trace: file });
    const events = JSON.parse(await readFile(file, "utf8")) as Event[];
    const lanes = new Map(events.flatMap(({ name, tid, args }) => (name === "thread_name" ? [[tid, args?.name ?? ""]] : [])));
    expect([...lanes.values()].slice(0, 4)).toEqual(["run", "device", "images", "encoder"]);
    const spans = events.filter(({ ph }) => ph === "X");
    const seen = (lane: string): string[] => spans.filter(({ tid }) => lanes.get(tid) === lane).map(({ name }) => name);
    expect(seen("dit")).toEqual(["forward", "forward"]);
    expect(seen("adam")).toEqual(["update", "update"]);
    expect(seen("device")).toContain("train step 6");
    expect(seen("grid")).toEqual(["take"]);
    expect(seen("images").length).toBeGreaterThanOrEqual(6);
    for (const tid of lanes.keys()) {
      const own = spans.filter((span) => span.tid === tid).sort((a, b) => a.ts - b.ts || b.dur - a.dur);
      const open: number[] = [];
      for (const { ts, dur } of own) {
        while (open.length > 0 && (open.at(-1) ?? 0) <= ts) open.pop();
        // A microsecond is below what the clock tells.
        if (open.length > 0) expect(ts + dur).toBeLessThanOrEqual((open.at(-1) ?? 0) + 1);
        open.push(ts + dur);
      }
    }
  });
});

describe("a run that stands still", () => {
  test("tells who waits for whom", () => {
    let now = 100;
    const activity = makeActivity(() => now);
    activity.begin("run", "phase train");
    activity.begin("images", "read");
    now = 170;
    expect(stallReport(activity.open(), now)).toEqual([
      "nothing has moved for 70 s",
      "  phase train waits for images, for 70 s",
      "  images: read, for 70 s",
    ]);
    activity.begin("run", "train step 3");
    activity.begin("grid", "take");
    now = 190;
    expect(stallReport(activity.open(), now)).toEqual([
      "nothing has moved for 20 s",
      "  train step 3 waits for grid, for 20 s",
      "  images: read, for 90 s",
      "  grid: take, for 20 s",
    ]);
  });

  test("is told of once for each time", () => {
    jest.useFakeTimers();
    try {
      let now = 0;
      const activity = makeActivity(() => now);
      const told: string[] = [];
      const stop = watchStalls(
        activity,
        () => now,
        8,
        (line) => told.push(line),
      );
      jest.advanceTimersByTime(5000);
      expect(told).toEqual([]);
      const end = activity.begin("images", "read");
      now = 9;
      jest.advanceTimersByTime(5000);
      expect(told).toEqual(["nothing has moved for 9 s", "  images: read, for 9 s"]);
      end();
      now = 18;
      jest.advanceTimersByTime(5000);
      expect(told.slice(2)).toEqual(["nothing has moved for some s"]);
      stop();
      now = 100;
      activity.begin("images", "read");
      now = 200;
      jest.advanceTimersByTime(5000);
      expect(told).toHaveLength(3);
    } finally {
      jest.useRealTimers();
    }
  });
});
