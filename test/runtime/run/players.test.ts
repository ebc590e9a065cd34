import { expect, test } from "@jest/globals";
import { emptyRecord, loadToy, runToy } from "../toy/run-toy.js";
import type { ToyRecord } from "../toy/run-toy.js";

/** Two models: the second joins at step 3 and learns to say what the first one says, which does not learn from it. */
const text = `name: players
seed: 7
nodes:
  points: { type: toy.points }
  first: { type: toy.linear, in: { x: points.x } }
  error: { type: flow.velocity_loss, in: { prediction: first.y, target: points.y } }
  adam: { type: train.adamw, params: { lr: 0.05, ema: 0.9 }, in: { loss: error.value, trains: first.weights } }
  again: { again: first, in: { x: points.x } }
  second: { type: toy.linear, in: { x: points.x } }
  gap: { type: flow.velocity_loss, in: { prediction: second.y, target: again.y } }
  follow: { type: train.adamw, from: 3, params: { lr: 0.05, ema: 0, warmup: 2 }, in: { loss: gap.value, trains: second.weights } }
  averaged: { again: first@ema, in: { x: points.x } }
  averaged_error: { type: flow.velocity_loss, in: { prediction: averaged.y, target: points.y } }
  mean: { type: metric.mean, params: { name: averaged }, in: { value: averaged_error.value } }
  plain: { type: metric.mean, params: { name: plain }, in: { value: error.value } }
phases:
  train: { run: [adam, follow], steps: 8, checkpoint: 0 }
  score: { run: [mean, plain], after: train, steps: 2 }
`;

const series = ({ metrics }: ToyRecord, name: string): number[] =>
  metrics.filter((metric) => metric.name === name).map(({ value }) => value);

async function run(overrides: string[] = [], of = text): Promise<ToyRecord> {
  const record = emptyRecord();
  await runToy(await loadToy(overrides, of), { record });
  return record;
}

test("a player that joins later has its own steps, and leaves the other one as it was", async () => {
  const both = await run();
  expect(series(both, "adam/loss")).toHaveLength(8);
  expect(series(both, "follow/loss")).toHaveLength(5);
  expect(series(both, "follow/lr")).toEqual([0.025, 0.05, 0.05, 0.05, 0.05]);
  const alone = await run([], text.replace("run: [adam, follow]", "run: [adam]"));
  expect(series(alone, "loss")).toEqual(series(both, "adam/loss"));
});

test("updates come in the order that the phase gives, each seeing those before it", async () => {
  const after = series(await run(["follow.lr=1e-30"]), "follow/loss");
  const before = series(await run(["follow.lr=1e-30"], text.replace("[adam, follow]", "[follow, adam]")), "follow/loss");
  // The second model stays as it was, so its gap moves only by what the first one has learned: one update earlier or later. The batch
  // is another one each time, so the gaps are not the same series shifted.
  expect(after).toHaveLength(5);
  expect(before).toHaveLength(5);
  expect(after.every((gap, i) => gap !== before[i])).toBe(true);
});

test("a node that is another one again works with its weights, or with their average", async () => {
  const record = await run();
  const [averaged] = series(record, "averaged");
  const [plain] = series(record, "plain");
  expect(averaged).toBeDefined();
  expect(averaged).not.toBe(plain);
  const without = await run([], text.replace("first@ema", "first"));
  expect(series(without, "averaged")).toEqual(series(without, "plain"));
});
