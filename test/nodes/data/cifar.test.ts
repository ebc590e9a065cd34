import { describe, expect, test } from "@jest/globals";
import { encode } from "fast-png";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { cifar } from "../../../src/nodes/data/cifar.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { tempFolder } from "../files/temp-folder.js";
import { drain, indices, numbers } from "./drain.js";

const at = tempFolder();

async function put(name: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(at(name)), { recursive: true });
  await writeFile(at(name), bytes);
}

/** Records of a binary batch: label bytes, then planes of one red, green and blue level; the very first pixel is white. */
function batch(...records: { labels: number[]; rgb: [number, number, number] }[]): Uint8Array {
  return Uint8Array.from(
    records.flatMap(({ labels, rgb }) => [
      ...labels,
      ...rgb.flatMap((level) => Array.from({ length: 1024 }, (_, i) => (i === 0 ? 255 : level))),
    ]),
  );
}

const open = (folder: string, params: object) =>
  harness(cifar, { folder: at(folder), batch: 2, ...params }, { seed: 1, node: "images" });

async function ten(): Promise<void> {
  await put("ten/data_batch_2.bin", batch({ labels: [2], rgb: [0, 102, 0] }, { labels: [9], rgb: [0, 0, 204] }));
  await put("ten/data_batch_1.bin", batch({ labels: [7], rgb: [51, 0, 0] }, { labels: [4], rgb: [153, 0, 0] }));
  await put("ten/test_batch.bin", batch({ labels: [1], rgb: [1, 2, 3] }, { labels: [3], rgb: [0, 0, 0] }));
  await put("ten/readme.html", new Uint8Array());
}

describe("binary batches", () => {
  test("CIFAR-10: batches in order, planes become channels, the label is the first byte", async () => {
    await ten();
    const packets = await drain(await open("ten", { repeat: false }).source());
    expect(packets.map((packet) => numbers(packet, "label"))).toEqual([[7, 4], [2, 9]]); // prettier-ignore
    expect(numbers(packets[0], "image").slice(0, 6)).toEqual([1, 1, 1, 0.2, 0, 0].map(Math.fround));
    expect(numbers(packets[1], "image").slice(-3)).toEqual([0, 0, 0.8].map(Math.fround));
    expect(packets[0]?.values["image"]?.shape).toEqual([2, 32, 32, 3]);
    const [tests] = await drain(await open("ten", { set: "test" }).source(), 1);
    expect(numbers(tests, "label")).toEqual([1, 3]);
  });

  test("CIFAR-100: fine or coarse labels", async () => {
    await put("hundred/train.bin", batch({ labels: [11, 80], rgb: [0, 0, 0] }, { labels: [12, 99], rgb: [0, 0, 0] }));
    const read = async (labels: string) => numbers((await drain(await open("hundred", { labels }).source(), 1))[0], "label");
    expect([await read("fine"), await read("coarse")]).toEqual([[80, 99], [11, 12]]); // prettier-ignore
  });

  test("another size is resized, one channel is grey", async () => {
    await ten();
    const [packet] = await drain(await open("ten", { size: 8, channels: 1 }).source(), 1);
    expect(packet?.values["image"]?.shape).toEqual([2, 8, 8, 1]);
  });

  test("a resumed source goes on with the very next sample", async () => {
    await ten();
    const params = { batch: 1, shuffle: true, flip: true };
    const whole = await open("ten", params).source();
    await drain(whole, 3);
    const resumed = await open("ten", params).source();
    resumed.restore(JSON.parse(JSON.stringify(whole.state())));
    expect(await drain(resumed, 6)).toEqual(await drain(whole, 6));
    const other = await open("ten", { batch: 1, set: "test" }).source();
    expect(() => other.restore(whole.state())).toThrow("the data has 2 samples, the checkpoint was written with 4");
  });

  test("limit takes images evenly spaced", async () => {
    await ten();
    const packets = await drain(await open("ten", { limit: 2, repeat: false, batch: 2 }).source());
    expect(numbers(packets[0], "label")).toEqual([7, 2]);
    expect(indices(packets)).toEqual([[0, 1]]);
  });
});

test("image files in a folder per class", async () => {
  const grey = (level: number) => encode({ width: 32, height: 32, channels: 1, data: new Uint8Array(1024).fill(level) });
  await put("files/train/cat/1.png", grey(51));
  await put("files/train/dog/1.png", grey(102));
  const node = open("files", {});
  const [packet] = await drain(await node.source(), 1);
  expect(numbers(packet, "label")).toEqual([0, 1]);
  expect(numbers(packet, "image")[0]).toBe(Math.fround(0.2));
  expect(await node.probe()).toEqual({ dims: { B: 2, S: 32, c: 3 }, summary: "2 images of CIFAR, train" });
});

test("refusals, found before a run", async () => {
  await ten();
  await put("cut/data_batch_1.bin", new Uint8Array(3000));
  await put("none/readme.txt", new Uint8Array());
  await expect(open("cut", {}).probe()).rejects.toThrow("data_batch_1.bin: 3000 bytes are no whole number of records of 3073");
  await expect(open("none", {}).probe()).rejects.toThrow("neither binary batches of the train set nor a folder train/");
  await expect(open("absent", {}).probe()).rejects.toThrow("absent: no such file or folder; expected a folder of CIFAR batches");
  await expect(open("ten", { batch: 5 }).probe()).rejects.toThrow("a batch of 5 is larger than the data set of 4 images");
  await expect(open("ten", { labels: "coarse" }).probe()).rejects.toThrow("CIFAR-10 has no coarse labels");
});
