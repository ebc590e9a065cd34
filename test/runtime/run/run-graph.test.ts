import { describe, expect, test } from "@jest/globals";
import { tf } from "../../../src/core/tensor.js";
import { emptyRecord, loadToy, runToy } from "../toy/run-toy.js";
import { toyGraph } from "../toy/toy-nodes.js";

function series(record: ReturnType<typeof emptyRecord>, phase: string, name: string): number[] {
  return record.metrics.filter((metric) => metric.phase === phase && metric.name === name).map(({ value }) => value);
}

describe("a whole run", () => {
  test("runs phases in their order, nested ones after every n-th and the last step, and learns", async () => {
    const record = emptyRecord();
    const { state, steps, results } = await runToy(await loadToy(["train.steps=60"]), { record });
    expect([state, steps]).toEqual(["finished", 60]);
    expect(record.events.filter((event) => event.startsWith("phase-start")).slice(0, 3)).toEqual([
      "phase-start start",
      "phase-start train",
      "phase-start look",
    ]);
    expect(record.written).toHaveLength(12);
    expect(results["score"]?.["loss"]).toBeLessThan((results["start"]?.["loss"] ?? 0) / 3);
    expect(record.statuses.at(-1)).toMatchObject({ state: "finished", step: 60, exitCode: 0 });
    expect(record.closed).toBe(1);
  });

  test("checkpoints come at their cadence and at the end, with the phases that are over", async () => {
    const record = emptyRecord();
    await runToy(await loadToy(), { record });
    expect(record.checkpoints).toEqual([
      "4: train 4 [start] pending []",
      "8: train 8 [start] pending []",
      "12: train 12 [start,train] pending []",
    ]);
  });

  test("a training without steps ends with the data, looks once more and saves", async () => {
    const record = emptyRecord();
    const text = toyGraph.replace("steps: 12, checkpoint: 4", "checkpoint: 0");
    await runToy(await loadToy(["points.count=29"], text), { record });
    expect(series(record, "train", "loss")).toHaveLength(7); // 29 points fill seven batches of four
    expect(record.written).toEqual(["samples/look-5.txt", "samples/look-7.txt"]);
    expect(record.checkpoints).toEqual(["7: train 7 [start,train] pending []"]);
  });

  test("the same seed gives the same numbers, another one others", async () => {
    const [first, again, other] = [emptyRecord(), emptyRecord(), emptyRecord()];
    await runToy(await loadToy(), { record: first });
    await runToy(await loadToy(), { record: again });
    await runToy(await loadToy(["seed=8"]), { record: other });
    expect(again.metrics).toEqual(first.metrics);
    expect(series(other, "train", "loss")).not.toEqual(series(first, "train", "loss"));
  });

  test("no tensor stays behind, and none piles up from step to step", async () => {
    await runToy(await loadToy());
    const before = tf.memory().numTensors;
    const seen: number[] = [];
    const step = ({ phase }: { phase: string }): void => void (phase === "train" && seen.push(tf.memory().numTensors));
    await runToy(await loadToy(["train.steps=30"]), { progress: { step } });
    expect(tf.memory().numTensors).toBe(before);
    expect(new Set(seen.slice(1))).toEqual(new Set([seen[1]]));
  });
});

describe("stopping", () => {
  test("a stop in the last of the nested phases' turn leaves it pending", async () => {
    const record = emptyRecord();
    const stop = new AbortController();
    const step = ({ phase, step: at }: { phase: string; step: number }): void =>
      void (phase === "train" && at === 5 && stop.abort());
    const { state, steps } = await runToy(await loadToy(), { record, signal: stop.signal, progress: { step } });
    expect([state, steps]).toEqual(["interrupted", 5]);
    expect(record.checkpoints.at(-1)).toBe("5: train 5 [start] pending [look]");
    expect(record.statuses.at(-1)).toMatchObject({ state: "interrupted", exitCode: 75 });
    expect(record.closed).toBe(1);
  });

  test("a stop before the first step saves the start", async () => {
    const record = emptyRecord();
    const stop = new AbortController();
    const phaseEnd = (): void => stop.abort();
    await runToy(await loadToy(), { record, signal: stop.signal, progress: { phaseEnd } });
    expect(record.checkpoints).toEqual(["0: train 0 [start] pending []"]);
  });

  test("a stop after the training keeps the training", async () => {
    const record = emptyRecord();
    const stop = new AbortController();
    const phaseEnd = ({ name }: { name: string }): void => void (name === "train" && stop.abort());
    const { state } = await runToy(await loadToy(), { record, signal: stop.signal, progress: { phaseEnd } });
    expect(state).toBe("interrupted");
    expect(record.checkpoints.at(-1)).toBe("12: train 12 [start,train] pending []");
  });
});

describe("failing", () => {
  test.each([
    ["a map node", ["noisy.fails=2"], /^node "noisy" \(.*toy.yaml:5:3\) failed at step 3 of phase "train": the noise is gone$/],
    [
      "a source",
      ["points.broken=9"],
      /^node "points" \(.*toy.yaml:4:3\) failed at step 3 of phase "train": point 9 cannot be read$/,
    ],
    [
      "a loss that is no number",
      ["points.nan=13"],
      /^node "points" \(.*toy.yaml:4:3\) failed at step 4 of phase "train": the loss is NaN, and its output "y" is the first such number, samples 13 of "points"; lower the learning rate/,
    ],
  ])("%s is told with node, place, step and phase", async (_name, overrides, message) => {
    const record = emptyRecord();
    await expect(runToy(await loadToy(overrides), { record })).rejects.toThrow(message);
    expect(record.statuses.at(-1)).toMatchObject({ state: "failed", exitCode: 1, message: expect.stringMatching(message) });
    expect(record.closed).toBe(1);
  });

  test("frees its tensors", async () => {
    await runToy(await loadToy());
    const before = tf.memory().numTensors;
    await expect(runToy(await loadToy(["noisy.fails=2"]))).rejects.toThrow();
    await expect(runToy(await loadToy(["points.nan=13"]))).rejects.toThrow();
    expect(tf.memory().numTensors).toBe(before);
  });
});
