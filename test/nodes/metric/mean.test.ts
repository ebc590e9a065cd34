import { expect, test } from "@jest/globals";
import { mean } from "../../../src/nodes/metric/mean.js";
import { harness } from "../../../src/runtime/testing/harness.js";

test("averages over batches", async () => {
  expect(await harness(mean).reduce({ value: 1 }, { value: 2 }, { value: 6 })).toEqual({ mean: 3 });
});

test("gives the result the name asked for", async () => {
  expect(await harness(mean, { name: "loss" }).reduce({ value: 0.5 })).toEqual({ loss: 0.5 });
});

test("a batch that is NaN shows", async () => {
  expect(await harness(mean).reduce({ value: 1 }, { value: NaN })).toEqual({ mean: NaN });
});

test("refuses a phase without batches", async () => {
  await expect(harness(mean).reduce()).rejects.toThrow("metric.mean saw no batch; give its phase at least one step");
});
