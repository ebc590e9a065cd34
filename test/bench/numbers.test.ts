import { availableParallelism } from "node:os";
import { expect, test } from "@jest/globals";
import { busyCores } from "../../bench/busy-cores.mjs";
import { alternate, median } from "../../bench/numbers.mjs";
import { oneOf, parseOptions, wholeNumber } from "../../bench/options.mjs";

test("parts take turns, and each keeps its results", async () => {
  const order: string[] = [];
  const part = (name: string) => async (): Promise<number> => order.push(name);
  expect(await alternate(2, part("ours"), part("torch"))).toEqual([
    [1, 3],
    [2, 4],
  ]);
  expect(order).toEqual(["ours", "torch", "ours", "torch"]);
});

test("the median is the middle value, whatever the order", () => {
  expect(median([9, 1, 5])).toBe(5);
});

test("busy cores are none to all of them", async () => {
  const busy = await busyCores(50);
  expect(busy).toBeGreaterThanOrEqual(0);
  expect(busy).toBeLessThanOrEqual(availableParallelism());
});

const benchmark = {
  options: {
    config: { value: "a|b", default: "a", note: "which", check: oneOf("a", "b") },
    steps: { value: "n", note: "how many", check: wholeNumber },
  },
};

test("options have defaults and are numbers where they count", () => {
  expect(parseOptions("x", benchmark, ["--steps", "7", "--vs-torch"])).toMatchObject({
    config: "a",
    steps: 7,
    vsTorch: true,
    precision: "fp32",
    rounds: 3,
  });
});

test.each([
  [["--config", "c"], "--config c: expected a, b"],
  [["--steps", "0"], "--steps 0: expected a whole number of at least 1"],
  [["--precision", "fp8"], "--precision fp8: expected fp32, bf16"],
  [["--setps", "3"], "--setps"],
])("%p is refused as bad usage", (words, message) => {
  expect(() => parseOptions("x", benchmark, words)).toThrow(
    expect.objectContaining({ code: 2, message: expect.stringContaining(message) }),
  );
});
