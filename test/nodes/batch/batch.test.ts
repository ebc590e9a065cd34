import { expect, test } from "@jest/globals";
import { cycle } from "../../../src/nodes/batch/cycle.js";
import { repeat } from "../../../src/nodes/batch/repeat.js";
import { runNode } from "../../../src/runtime/testing/run-node.js";

test("repeat gives each sample several times in a row", async () => {
  const { x } = await runNode(repeat, { x: [[1, 2], [3, 4]] }, { each: 2 }); // prettier-ignore
  expect(x).toEqual([[1, 2], [1, 2], [3, 4], [3, 4]]); // prettier-ignore
  await expect(runNode(repeat, { x: [[1]] }, { each: 0 })).rejects.toThrow(/each/);
});

test("cycle deals its values in turns, one a sample", async () => {
  const { value } = await runNode(cycle, { like: [[9], [9], [9]] }, { values: [0.5, 2] });
  expect(value).toEqual([0.5, 2, 0.5]);
  await expect(runNode(cycle, { like: [[9]] }, { values: [] })).rejects.toThrow(/values/);
});
