import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { loadGraph, runGraph } from "../../src/index.js";
import type { RunOptions } from "../../src/index.js";
import { availableBackends } from "./backends.js";
import { readLosses, readMetrics } from "./metrics.js";
import { changed, tinyFolder } from "./tiny.js";

const native = (await availableBackends()).includes("native");

describe(native ? "steps of native as a program" : "no addon: programs are not tested", () => {
  if (!native) {
    test.todo("needs a C++ compiler at npm ci");
    return;
  }
  let folder = "";
  let runs = 0;
  beforeAll(async () => {
    folder = await tinyFolder(changed(["shuffle: true }", "shuffle: true, flip: true }"], ["steps: 20", "steps: 50"]));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function train(options: RunOptions, ...overrides: string[]): Promise<{ losses: number[]; log: string; run: string }> {
    const graph = await loadGraph(join(folder, "tiny.yaml"), { overrides });
    const run = join(folder, `run-${runs++}`);
    await runGraph(graph, { backend: "native", runDir: run, ...options });
    return { losses: await readLosses(run), log: await readFile(join(run, "log.jsonl"), "utf8"), run };
  }

  test("they give the losses of the same steps op by op, and checks of them pass", async () => {
    const replayed = await train({ checkReplay: 3 });
    const plain = await train({ programs: false });
    expect(replayed.log).toMatch(/train: steps are replayed as a program of \d+ calls/);
    expect(plain.log).not.toMatch(/program/);
    expect(replayed.losses).toEqual(plain.losses);
    expect(await readMetrics(replayed.run)).toEqual(await readMetrics(plain.run));
  });

  test("50 of them agree with the reference to 1e-4", async () => {
    const [ours, theirs] = [(await train({})).losses, (await train({ backend: "reference" })).losses];
    expect(ours).toHaveLength(50);
    ours.forEach((loss, i) => expect(Math.abs(loss / (theirs[i] ?? NaN) - 1)).toBeLessThan(1e-4));
  });

  test("the rate of a schedule reaches them, step by step", async () => {
    const { run } = await train({}, "adam.schedule=linear", "adam.decay_end=50", "adam.final_lr=0");
    const rates = (await readMetrics(run)).filter(({ name }) => name === "train/lr").map(({ value }) => value);
    expect(new Set(rates).size).toBe(50);
    const steady = (await train({}, "adam.schedule=constant")).losses;
    expect((await train({}, "adam.schedule=linear", "adam.decay_end=50", "adam.final_lr=0")).losses.slice(10)).not.toEqual(
      steady.slice(10),
    );
  });

  test("a data set that ends with a smaller batch runs it op by op", async () => {
    const { losses } = await train({}, "images.batch=10", "images.repeat=false", "~phases.sample");
    const plain = await train({ programs: false }, "images.batch=10", "images.repeat=false", "~phases.sample");
    expect(losses).toEqual(plain.losses);
  });
});
