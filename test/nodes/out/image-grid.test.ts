import { describe, expect, test } from "@jest/globals";
import { decode } from "fast-png";
import { imageGrid } from "../../../src/nodes/out/image-grid.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import type { Harness } from "../../../src/runtime/testing/harness.js";

/** One grey image of one pixel. */
const dot = (value: number) => [[[value]]];
const file = "samples/step-00000001-node.png";

/** A written picture as rows of levels, grey only. */
function rowsOf(node: Harness, name = file): number[][] {
  const bytes = node.written.get(name);
  if (!bytes) throw new Error(`not written; there is ${[...node.written.keys()].join()}`);
  const { width, height, data } = decode(bytes);
  return Array.from({ length: height }, (_, y) => [...data.subarray(y * width, (y + 1) * width)]);
}

test("clamps to [0,1] and rounds to 8 bits", async () => {
  const node = harness(imageGrid, { gap: 0 });
  await node.sink({ image: [dot(-1), dot(0.5), dot(2), dot(NaN), dot(0.0019), dot(0.002)] });
  expect(rowsOf(node)).toEqual([[0, 128, 255, 0, 0, 1]]); // 0.5 is 127.5; 0.0019 is 0.48; 0.002 is 0.51
});

test("fills rows of so many columns, white between and after", async () => {
  const node = harness(imageGrid, { columns: 2 });
  await node.sink({ image: [dot(0), dot(0.2), dot(0.4)] });
  expect(rowsOf(node)).toEqual([
    [0, 255, 51],
    [255, 255, 255],
    [102, 255, 255],
  ]);
});

test("scale repeats pixels", async () => {
  const node = harness(imageGrid, { scale: 2, gap: 0 });
  await node.sink({ image: [[[[0], [1]]]] });
  expect(rowsOf(node)).toEqual([
    [0, 0, 255, 255],
    [0, 0, 255, 255],
  ]);
});

test("pairs stand side by side without a gap", async () => {
  const node = harness(imageGrid);
  await node.sink({ image: [dot(0), dot(0.2)], beside: [dot(0.4), dot(0.6)] });
  expect(rowsOf(node)).toEqual([[0, 102, 255, 51, 153]]);
});

test("colour stays colour", async () => {
  const node = harness(imageGrid);
  await node.sink({ image: [[[[1, 0, 0.2]]]] });
  const { channels, data } = decode(node.written.get(file) ?? new Uint8Array());
  expect([channels, ...data]).toEqual([3, 255, 0, 51]);
});

test("shows the first batch, or all of them", async () => {
  const batches = [{ image: [dot(0)] }, { image: [dot(0.2)] }, { image: [dot(0.4)] }];
  const first = harness(imageGrid);
  await first.sink(...batches);
  expect([...first.written.keys()]).toEqual([file]);
  expect(rowsOf(first)).toEqual([[0]]);
  const all = harness(imageGrid, { all: true, gap: 0 });
  await all.sink(...batches);
  expect(rowsOf(all, "samples/step-00000003-node.png")).toEqual([[0, 51, 102]]);
});

test("is named by its param, else by its node", async () => {
  const named = harness(imageGrid, { name: "faces" });
  await named.sink({ image: [dot(0)] });
  const nested = harness(imageGrid, {}, { node: "outer/grid" });
  await nested.sink({ image: [dot(0)] });
  expect([...named.written.keys(), ...nested.written.keys()]).toEqual([
    "samples/step-00000001-faces.png",
    "samples/step-00000001-outer-grid.png",
  ]);
});

test("writes nothing where there was no batch", async () => {
  const node = harness(imageGrid, { all: true });
  await node.sink();
  expect(node.written.size).toBe(0);
});

describe("refusals", () => {
  test("neither 1 nor 3 channels, while the graph is checked and when it runs", async () => {
    expect(() => imageGrid.dims?.({}, { c: 4 })).toThrow("a picture has 1 or 3 channels, got 4; connect decoded images");
    await expect(harness(imageGrid).sink({ image: [[[[1, 2, 3, 4]]]] })).rejects.toThrow("a picture has 1 or 3 channels, got 4");
  });
  test("a name that would leave the folder", () => {
    expect(() => harness(imageGrid, { name: "../x" })).toThrow("name");
  });
});
