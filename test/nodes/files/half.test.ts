import { expect, test } from "@jest/globals";
import { fromHalf, fromHalves, toHalf } from "../../../src/nodes/files/half.js";

test.each([
  [0, 0],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff],
  [65520, 0x7c00],
  [-Infinity, 0xfc00],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -26, 0],
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
  [2 - 2 ** -12, 0x4000],
])("%p is stored as %p, ties to the even neighbour", (value, bits) => {
  expect(toHalf(value)).toBe(bits);
});

test("every half-precision number comes back as itself", () => {
  const all = Array.from({ length: 0x10000 }, (_, bits) => bits).filter((bits) => !Number.isNaN(fromHalf(bits)));
  expect(all.filter((bits) => toHalf(fromHalf(bits)) !== bits)).toEqual([]);
  expect(fromHalf(toHalf(NaN))).toBeNaN();
});

test("many at once are the same numbers", () => {
  const bits = Uint16Array.of(0, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0xfc00, 0x7e00);
  expect([...fromHalves(bits)]).toEqual([0, -0, 1, -2, 65504, 2 ** -24, -Infinity, NaN]);
});
