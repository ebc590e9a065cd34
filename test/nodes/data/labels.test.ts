import { expect, test } from "@jest/globals";
import { labels } from "../../../src/nodes/data/labels.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { drain, numbers } from "./drain.js";

test("repeats each label and ends", async () => {
  const packets = await drain(await harness(labels, { labels: [4, 0], each: 3 }).source());
  expect(packets.map((packet) => numbers(packet, "label"))).toEqual([[4, 4, 4, 0, 0, 0]]);
  expect(packets[0]?.values["label"]).toMatchObject({ dtype: "i32", shape: [6] });
});

test("gives the list in batches", async () => {
  const packets = await drain(await harness(labels, { labels: [1, 2, 3, 4], batch: 2 }).source());
  expect(packets.map((packet) => numbers(packet, "label"))).toEqual([[1, 2], [3, 4]]); // prettier-ignore
  expect(packets.map((packet) => packet.indices)).toEqual([[0, 1], [2, 3]]); // prettier-ignore
});

test("repeat starts again", async () => {
  const packets = await drain(await harness(labels, { labels: [7, 8], repeat: true }).source(), 3);
  expect(packets.map((packet) => numbers(packet, "label"))).toEqual([[7, 8], [7, 8], [7, 8]]); // prettier-ignore
});

test("a batch that would leave labels over is refused while the graph is checked", () => {
  const params = labels.params.parse({ labels: [0, 1, 2], each: 2, batch: 4 });
  expect(() => labels.dims?.(params, {})).toThrow("6 labels do not fill batches of 4; choose a batch that divides 6");
  expect(labels.dims?.(labels.params.parse({ labels: [0, 1, 2], each: 2 }), {})).toEqual({ B: 6 });
});

test("negative labels and an empty list are refused", () => {
  expect(labels.params.safeParse({ labels: [-1] }).success).toBe(false);
  expect(labels.params.safeParse({ labels: [] }).success).toBe(false);
});
