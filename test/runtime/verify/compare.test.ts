import { describe, expect, test } from "@jest/globals";
import type { HostArray } from "../../../src/core/tensor.js";
import { Comparison } from "../../../src/runtime/verify/compare-steps.js";
import type { Place } from "../../../src/runtime/verify/capture.js";
import { distance } from "../../../src/runtime/verify/distance.js";

const floats = (...values: number[]): HostArray => ({ dtype: "f32", shape: [values.length], data: Float32Array.from(values) });

describe("the distance of two arrays", () => {
  test("is the largest difference as a share of the first one's largest number", () => {
    expect(distance(floats(1, -4, 0), floats(1.5, -4, 0))).toBe(0.125);
  });

  test("is nothing for equal arrays, those with no number at equal places too", () => {
    expect(distance(floats(1, NaN, Infinity, 0), floats(1, NaN, Infinity, -0))).toBe(0);
  });

  test.each([
    ["a number against none", floats(1, 2), floats(1, NaN)],
    ["infinities of other signs", floats(Infinity), floats(-Infinity)],
    ["other shapes", floats(1), floats(1, 1)],
    ["other dtypes", floats(1), { ...floats(1), dtype: "i32" } as const],
  ])("is infinite for %s", (_what, a, b) => {
    expect(distance(a, b)).toBe(Infinity);
  });

  test("counts from the floor where all numbers are smaller", () => {
    expect(distance(floats(0), floats(0.5), 2)).toBe(0.25);
  });
});

describe("a comparison", () => {
  const edge = (node: string, name = "x"): Place => ({ node, kind: "edge", name });
  const gradient = (name: string): Place => ({ node: "dit", kind: "gradient", name });
  const compare = (...arrays: readonly (readonly [Place, HostArray, HostArray])[]): Comparison => {
    const comparison = new Comparison(() => 1e-3);
    const step = (which: 1 | 2) => ({ phase: "train", step: 0, arrays: arrays.map((row) => [row[0], row[which]] as const) });
    comparison.add(step(1), step(2));
    return comparison;
  };

  test("names the first place that is too far apart, with its numbers, and not those behind it", () => {
    const { first, places } = compare(
      [edge("noisy"), floats(1), floats(1.0005)],
      [edge("dit"), floats(2, 8), floats(2, 8.4)],
      [edge("loss"), floats(1), floats(3)],
    );
    expect(first).toMatchObject({ place: { node: "dit" }, step: 0, allowed: 1e-3, worst: [8, expect.closeTo(8.4, 5)] });
    expect(first?.difference).toBeCloseTo(0.05);
    expect(places.map(({ place }) => place.node)).toEqual(["noisy", "dit", "loss"]);
  });

  test("measures a gradient that should be nothing against the large ones", () => {
    expect(compare([gradient("a"), floats(1), floats(1)], [gradient("b"), floats(1e-9), floats(2e-9)]).first).toBeUndefined();
    expect(
      compare([gradient("a"), floats(1), floats(1)], [gradient("b"), floats(1e-3), floats(2e-3)]).first?.place,
    ).toMatchObject({ name: "b" });
  });

  test("refuses two runs that did not do the same", () => {
    expect(() => new Comparison(() => 0).add(undefined, { phase: "train", step: 3, arrays: [] })).toThrow(
      'one backend ran step 4 of phase "train" where the other did something else',
    );
  });
});
