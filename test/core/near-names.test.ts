import { expect, test } from "@jest/globals";
import { nearNames } from "../../src/core/near-names.js";

test.each([
  ["one letter off", "deph", ["depth", "width"], ["depth"]],
  ["other letters' case before all else", "DEPTH", ["depth", "DEPTHS"], ["depth", "DEPTHS"]],
  ["swapped neighbours before one letter off", "shfit", ["shit", "shift"], ["shift", "shit"]],
  ["swapped neighbours in a name too short for two changes", "lr", ["rl", "lo", "eps"], ["rl", "lo"]],
  ["at most three, by distance, then by the alphabet", "node", ["mode", "code", "nodes", "note"], ["code", "mode", "nodes"]],
  ["nothing within a third of the length", "velocity", ["latent"], []],
  ["the same name once", "dept", ["depth", "depth"], ["depth"]],
])("%s", (_what, name, known, near) => {
  expect(nearNames(name, known)).toEqual(near);
});

test("a very long text is compared by its first 200 letters", () => {
  expect(nearNames("a".repeat(1_000_000), ["a".repeat(199)])).toEqual(["a".repeat(199)]);
});
