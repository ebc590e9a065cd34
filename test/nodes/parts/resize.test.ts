import { expect, test } from "@jest/globals";
import { resizeMatrix } from "../../../src/nodes/parts/resize.js";
import type { ResizeMethod } from "../../../src/nodes/parts/resize.js";
import { golden, worst } from "../../support/golden.js";
import type { Golden } from "../../support/golden.js";

test.each<[name: string, method: ResizeMethod, from: number, to: number]>([
  ["bicubic_aa_7to3", "bicubic_antialias", 7, 3],
  ["bicubic_aa_3to5", "bicubic_antialias", 3, 5],
  ["bicubic_plain_8to7", "bicubic", 8, 7],
  ["bicubic_plain_4to5", "bicubic", 4, 5],
  ["bilinear_plain_8to7", "bilinear", 8, 7],
  ["bilinear_plain_4to8", "bilinear", 4, 8],
])("%s equals the reference implementation", (name, method, from, to) => {
  const wanted = (golden["resize_matrices"] as Record<string, Golden>)[name];
  expect(worst(resizeMatrix(method, from, to), wanted?.data ?? [])).toBeLessThan(1e-6);
});

test("a resize to the same size changes nothing", () => {
  for (const method of ["bicubic", "bicubic_antialias", "bilinear"] as const)
    expect(worst(resizeMatrix(method, 3, 3), [1, 0, 0, 0, 1, 0, 0, 0, 1])).toBeLessThan(1e-7);
});
