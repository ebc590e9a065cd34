import { expect, test } from "@jest/globals";
import { meanParts } from "../../../src/runtime/bench/rows.js";
import { median } from "../../../src/runtime/bench/median.js";

test("parts are means over the quicker half of the steps", () => {
  const step = (a: number, b: number): ReadonlyMap<string, number> => new Map(Object.entries({ a, b }));
  const parts = meanParts([step(9, 9), step(1, 2), step(90, 1), step(3, 4)]);
  expect(Object.fromEntries(parts)).toEqual({ a: 2, b: 3 });
});

test("a part that is missing in a step counts as nothing there", () => {
  const parts = meanParts([new Map([["a", 4]]), new Map([["b", 2]]), new Map([["a", 100]]), new Map([["b", 100]])]);
  expect(Object.fromEntries(parts)).toEqual({ a: 2, b: 1 });
});

test("the median is the middle value, whatever the order", () => {
  expect(median([5, 1, 100])).toBe(5);
  expect(median([4, 1])).toBe(4);
  expect(median([])).toBeNaN();
});
