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

test("says so where the steps are too few, as in a smoke run", async () => {
  const run = harness(speed, { skip: 3 });
  expect((await run.reduce({ after: 1 }, { after: 1 }))["step_ms"]).toBeGreaterThan(0);
  expect(run.logged[0]).toBe("warn: 2 steps, of which 3 do not count: too few to trust a speed");
  expect(Object.keys(await harness(speed).reduce({ after: 1 }))).toEqual([]);
});
