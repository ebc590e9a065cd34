import { expect, test } from "@jest/globals";
import { sampleMse } from "../../../src/nodes/loss/sample-mse.js";
import { runNode } from "../../../src/runtime/testing/run-node.js";

test("each sample has a mean square of its own", async () => {
  const { value } = await runNode(sampleMse, { prediction: [[1, 2], [0, 0]], target: [[0, 4], [3, 1]] }); // prettier-ignore
  expect(value).toEqual([2.5, 5]);
});
