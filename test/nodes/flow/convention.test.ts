import { expect, test } from "@jest/globals";
import { flipTime, flipVelocity } from "../../../src/nodes/flow/flip-time.js";
import { shiftTime } from "../../../src/nodes/flow/shift-time.js";
import { runNode } from "../../../src/runtime/testing/run-node.js";
import { fixtureArrays } from "../../support/run-fixture.js";

test("times and velocities turn round", async () => {
  expect(await runNode(flipTime, { t: [0, 0.25, 1] })).toEqual({ t: [1, 0.75, 0] });
  expect(await runNode(flipVelocity, { velocity: [[2, -3]] })).toEqual({ velocity: [[-2, 3]] });
});

test("a shift where t = 1 is data is the shift of 1 − t", async () => {
  const { t } = await runNode(shiftTime, { t: [0.2, 0.9] }, { shift: 3, convention: "data_at_one" });
  const mirrored = [0.2, 0.9].map((time) => 1 - (3 * (1 - time)) / (1 + 2 * (1 - time)));
  (t as number[]).forEach((time, i) => expect(time).toBeCloseTo(mirrored[i] ?? NaN, 6));
});

test("golden shifts of the reference implementation", async () => {
  const arrays = await fixtureArrays("timestep-shift/io");
  const [times, shifted] = [arrays.get("t"), arrays.get("shifted")];
  if (!times || !shifted) throw new Error("the fixture lacks its arrays");
  for (const [row, shift] of [1, 6.928203230275509, 2.5].entries()) {
    const { t } = await runNode(shiftTime, { t: times }, { shift });
    (t as number[]).forEach((time, i) => expect(time).toBeCloseTo(shifted.data[row * times.data.length + i] ?? NaN, 6));
  }
});

test("refuses a shift toward data", async () => {
  await expect(runNode(shiftTime, { t: [0.5] }, { shift: 0.5 })).rejects.toThrow(/shift/);
});
