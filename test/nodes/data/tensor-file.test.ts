import { beforeAll, describe, expect, test } from "@jest/globals";
import { labelFile } from "../../../src/nodes/data/label-file.js";
import { tensorFile } from "../../../src/nodes/data/tensor-file.js";
import { writeSafetensors } from "../../../src/nodes/files/safetensors.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { tempFolder } from "../files/temp-folder.js";
import { drain, indices, numbers } from "./drain.js";

const at = tempFolder();
beforeAll(async () => {
  await writeSafetensors(
    at("data.safetensors"),
    new Map([
      // Three samples [C=2, width=2]: sample i is [[10i, 10i+1], [10i+2, 10i+3]].
      ["z", { dtype: "f32", shape: [3, 2, 2], data: Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23) }],
      ["label", { dtype: "i32", shape: [3], data: Int32Array.of(5, 6, 7) }],
      ["scale", { dtype: "f32", shape: [], data: Float32Array.of(1) }],
      ["empty", { dtype: "f32", shape: [0, 2], data: new Float32Array(0) }],
    ]),
  );
});
const floats = (params: object) => harness(tensorFile, { file: at("data.safetensors"), key: "z", ...params });
const ints = (params: object) => harness(labelFile, { file: at("data.safetensors"), key: "label", ...params });

test("gives the whole array once", async () => {
  const packets = await drain(await floats({}).source());
  expect(packets).toHaveLength(1);
  expect(packets[0]?.values["tensor"]).toMatchObject({ dtype: "f32", shape: [3, 2, 2] });
  expect(numbers(packets[0], "tensor")).toEqual([0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]);
});

test("gives rows in batches, with their axes in the order asked for", async () => {
  const packets = await drain(await floats({ batch: 1, axes: [0, 2, 1] }).source());
  expect(packets.map((packet) => numbers(packet, "tensor"))).toEqual([[0, 2, 1, 3], [10, 12, 11, 13], [20, 22, 21, 23]]); // prettier-ignore
  expect(indices(packets)).toEqual([[0], [1], [2]]);
});

test("first axes are joined to rows", async () => {
  const packets = await drain(await floats({ join: 2, batch: 2 }).source());
  expect(packets.map((packet) => numbers(packet, "tensor"))).toEqual([[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]); // prettier-ignore
  await expect(floats({ join: 4 }).source()).rejects.toThrow(/shape \[3,2,2\], of which join: 4 cannot/);
});

test("rows that fill no batch are left out, and repeat starts again", async () => {
  expect(indices(await drain(await floats({ batch: 2 }).source()))).toEqual([[0, 1]]);
  expect(indices(await drain(await floats({ batch: 2, repeat: true }).source(), 2))).toEqual([[0, 1], [0, 1]]); // prettier-ignore
});

test("probe gives the whole shape of the port", async () => {
  expect(await floats({ batch: 2, axes: [1, 0, 2] }).probe()).toEqual({
    dims: { B: 2 },
    shapes: { tensor: [2, 3, 2] },
    summary: "z f32[2,3,2]",
  });
});

test("labels are whole numbers, one per sample", async () => {
  const packets = await drain(await ints({ batch: 1 }).source());
  expect(packets.map((packet) => packet.values["label"])).toEqual(
    [5, 6, 7].map((label) => ({ dtype: "i32", shape: [1], data: Int32Array.of(label) })),
  );
  expect((await ints({}).probe()).shapes).toEqual({ label: [3] });
});

test("a restored source goes on with the very next row", async () => {
  const source = await floats({ batch: 1 }).source();
  await drain(source, 1);
  const resumed = await floats({ batch: 1 }).source();
  resumed.restore(source.state());
  expect(indices(await drain(resumed))).toEqual([[1], [2]]);
});

describe("refusals, found before a run", () => {
  test.each<[string, () => ReturnType<typeof harness>, string]>([
    ["missing file", () => floats({ file: at("absent") }), "absent: no such file or folder; expected a weights file"],
    ["wrong name", () => floats({ key: "labl" }), 'no array "labl"; did you mean "label"?'],
    [
      "whole numbers",
      () => floats({ key: "label" }),
      'array "label" is I32, expected floats; data.label_file reads whole numbers [B]',
    ],
    ["floats", () => ints({ key: "z" }), 'array "z" is F32, expected whole numbers; data.tensor_file reads floats'],
    ["scalar", () => floats({ key: "scale" }), 'array "scale" has shape [], expected [B,...]'],
    ["no rows", () => floats({ key: "empty" }), 'no rows in "empty"'],
    ["axes", () => floats({ axes: [0, 1] }), "axes [0,1] do not order the 3 axes of [3,2,2]"],
    ["large batch", () => floats({ batch: 4 }), 'a batch of 4 is larger than the data set of 3 rows in "z"'],
  ])("%s", async (_name, make, message) => {
    await expect(make().probe()).rejects.toThrow(message);
    await expect(make().source()).rejects.toThrow(message);
  });
});
