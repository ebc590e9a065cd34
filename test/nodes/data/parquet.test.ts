import { beforeAll, describe, expect, test } from "@jest/globals";
import { encode } from "fast-png";
import { mkdir, writeFile } from "node:fs/promises";
import { parquetWriteFile } from "hyparquet-writer";
import { parquet } from "../../../src/nodes/data/parquet.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { tempFolder } from "../files/temp-folder.js";
import { drain, indices, numbers } from "./drain.js";

const at = tempFolder();
const grey = (level: number) => encode({ width: 2, height: 2, channels: 1, data: new Uint8Array(4).fill(level) });

/** Images of grey levels 10 times the class, as structs like those of the hub. */
function write(name: string, classes: readonly number[], rowGroupSize: number): void {
  parquetWriteFile({
    filename: at(name),
    rowGroupSize,
    schema: [
      { name: "root", num_children: 2 },
      { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
      { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
      { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
      { name: "label", type: "INT64", repetition_type: "OPTIONAL" },
    ],
    columnData: [
      { name: "image", data: classes.map((label) => ({ bytes: grey(10 * label), path: `${label}.png` })) },
      { name: "label", data: classes.map(BigInt) },
    ],
  });
}

const open = (files: string, params: object = {}) =>
  harness(
    parquet,
    { files: [at(files)], label: "label", size: 2, batch: 2, channels: 1, ...params },
    { seed: 1, node: "images" },
  );
const levels = (packet: Parameters<typeof numbers>[0]) =>
  numbers(packet, "image").filter((_, i) => i % 4 === 0).map((value) => Math.round(value * 255)); // prettier-ignore

beforeAll(async () => {
  await mkdir(at("set"));
  write("set/b.parquet", [7, 8, 9], 2);
  write("set/a.parquet", [1, 2, 3, 4, 5], 2);
});

describe("rows", () => {
  test("in the order of files and rows, with labels", async () => {
    const packets = await drain(await open("set", { repeat: false }).source());
    expect(packets.map((packet) => numbers(packet, "label"))).toEqual([[1, 2], [3, 4], [5, 7], [8, 9]]); // prettier-ignore
    expect(packets.flatMap(levels)).toEqual([10, 20, 30, 40, 50, 70, 80, 90]);
    expect((await open("set").probe()).summary).toBe("8 images in 2 files");
  });

  test("shuffled by row groups, each whole, in another order in another epoch", async () => {
    const packets = await drain(await open("set", { batch: 1, shuffle: true }).source(), 16);
    const order = indices(packets).flat();
    const groups = [[0, 1], [2, 3], [4], [5, 6], [7]]; // prettier-ignore
    const epochs = [order.slice(0, 8), order.slice(8)];
    for (const epoch of epochs) {
      expect([...epoch].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      for (const group of groups)
        expect(Math.max(...group.map((i) => epoch.indexOf(i))) - Math.min(...group.map((i) => epoch.indexOf(i)))).toBe(
          group.length - 1,
        );
    }
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(packets.map((packet) => levels(packet)[0])).toEqual(packets.map((packet) => 10 * (numbers(packet, "label")[0] ?? 0)));
  });

  test("a resumed source goes on with the very next sample", async () => {
    const params = { batch: 1, shuffle: true, limit: 6 };
    const whole = await open("set", params).source();
    await drain(whole, 8);
    const resumed = await open("set", params).source();
    resumed.restore(JSON.parse(JSON.stringify(whole.state())));
    expect(await drain(resumed, 9)).toEqual(await drain(whole, 9));
  });

  test("a plain column of bytes works too; without a label column every label is 0", async () => {
    parquetWriteFile({
      filename: at("plain.parquet"),
      columnData: [{ name: "png", type: "BYTE_ARRAY", data: [grey(10), grey(20)] }],
    });
    const [packet] = await drain(await open("plain.parquet", { image: "png", label: undefined }).source(), 1);
    expect([levels(packet), numbers(packet, "label")]).toEqual([[10, 20], [0, 0]]); // prettier-ignore
  });
});

test("refusals, found before a run", async () => {
  await writeFile(at("no.parquet"), "no parquet");
  await expect(open("no.parquet").probe()).rejects.toThrow("no.parquet: ");
  await expect(open("absent.parquet").probe()).rejects.toThrow("absent.parquet: no such file or folder; expected Parquet files");
  await expect(open("set", { image: "img" }).probe()).rejects.toThrow('a.parquet: no column "img"; it has image, label');
  await expect(open("set", { batch: 9 }).probe()).rejects.toThrow("a batch of 9 is larger than the data set of 8 images");
  await expect(open("set", { label: "image" }).source()).rejects.toThrow("the label of row 0 is");
});
