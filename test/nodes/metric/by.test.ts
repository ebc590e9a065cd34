import { expect, test } from "@jest/globals";
import { by } from "../../../src/nodes/metric/by.js";
import { harness } from "../../../src/runtime/testing/harness.js";

test("averages over all samples and over those of each value, in the order of the values", async () => {
  const results = await harness(by, { name: "loss" }).reduce({ value: [1, 2, 3], by: [10, 0.1, 10] }, { value: [6], by: [0.1] });
  expect(Object.entries(results)).toEqual([
    ["loss", 3],
    ["loss@0.1", 4],
    ["loss@10", 2],
  ]);
});

test("refuses a phase without samples", async () => {
  await expect(harness(by).reduce()).rejects.toThrow("metric.by saw no sample; give its phase at least one step");
});
