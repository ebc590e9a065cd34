import { expect, test } from "@jest/globals";
import { permute } from "../../../src/nodes/files/permute.js";

/** 1 x 2 x 2 x 3, counting up. */
const array = { dtype: "i32", shape: [1, 2, 2, 3], data: Int32Array.from({ length: 12 }, (_, i) => i) } as const;

test("channels first become channels last", () => {
  const { shape, data } = permute({ ...array, shape: [1, 3, 2, 2] }, [0, 2, 3, 1]);
  expect(shape).toEqual([1, 2, 2, 3]);
  expect([...data]).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
});

test("the inverse order gives the array back", () => {
  expect(permute(permute(array, [3, 0, 2, 1]), [1, 3, 2, 0])).toEqual(array);
});

test("axes that are no order of the shape are refused", () => {
  expect(() => permute(array, [0, 1, 1, 2])).toThrow(
    "axes [0,1,1,2] do not order the 4 axes of [1,2,2,3]; give each of 0,1,2,3 once",
  );
  expect(() => permute(array, [0, 1])).toThrow("do not order the 4 axes");
});
