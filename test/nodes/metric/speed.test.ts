import { expect, test } from "@jest/globals";
import { speed } from "../../../src/nodes/metric/speed.js";
import { harness } from "../../../src/runtime/testing/harness.js";

test("counts from the end of the last skipped step on, and says where nobody counts memory", async () => {
  const run = harness(speed, { skip: 2 });
  const results = await run.reduce({ after: 1 }, { after: 1 }, { after: 1 }, { after: 1 });
  expect(results["steps_per_second"]).toBeCloseTo(1000 / (results["step_ms"] ?? 0));
  expect(results["step_ms"]).toBeGreaterThan(0);
  expect(Object.keys(results)).not.toContain("peak_megabytes");
  expect(run.logged).toEqual(["warn: this backend does not tell the most memory that it held"]);
});

test("refuses a phase that is shorter than what it skips", async () => {
  await expect(harness(speed, { skip: 3 }).reduce({ after: 1 }, { after: 1 })).rejects.toThrow("saw 2 steps and skips 3");
});
