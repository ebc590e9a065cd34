import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { idx } from "../../../src/nodes/data/idx.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { tempFolder } from "../files/temp-folder.js";
import { drain, indices, numbers } from "./drain.js";

const at = tempFolder();
const count = 10;
/** Image i is [[i, 255], [0, 51]]; label i is i + 100. */
const pixels = Array.from({ length: count }, (_, i) => [i, 255, 0, 51]).flat();

function idxBytes(shape: readonly number[], data: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  return Buffer.concat([header, Uint8Array.from(data)]);
}

beforeAll(async () => {
  await writeFile(at("images"), gzipSync(idxBytes([count, 2, 2], pixels)));
  await writeFile(
    at("labels"),
    idxBytes(
      [count],
      Array.from({ length: count }, (_, i) => i + 100),
    ),
  );
  await writeFile(
    at("nine"),
    idxBytes(
      [9],
      Array.from({ length: 9 }, () => 0),
    ),
  );
  await writeFile(at("none"), idxBytes([0, 2, 2], []));
  await writeFile(at("text"), "hello, world");
});

const open = (params: object, seed = 1) =>
  harness(idx, { images: at("images"), labels: at("labels"), batch: 4, ...params }, { seed, node: "images" });

test("gives images in [0,1], channels last, and their labels", async () => {
  const source = await open({ batch: 2, skip: 3 }).source();
  const packet = await source.next();
  expect(packet?.values["image"]?.shape).toEqual([2, 2, 2, 1]);
  expect(numbers(packet, "image")).toEqual([3 / 255, 1, 0, 0.2, 4 / 255, 1, 0, 0.2].map(Math.fround));
  expect(numbers(packet, "label")).toEqual([103, 104]);
  expect(packet?.indices).toEqual([3, 4]);
});

test("labels are zero without a labels file", async () => {
  const source = await harness(idx, { images: at("images"), batch: 3 }).source();
  expect(numbers(await source.next(), "label")).toEqual([0, 0, 0]);
});

test("one epoch leaves out what does not fill a batch", async () => {
  const source = await open({ repeat: false }).source();
  expect(indices(await drain(source))).toEqual([[0, 1, 2, 3], [4, 5, 6, 7]]); // prettier-ignore
  expect(await source.next()).toBeUndefined();
});

test("epochs repeat from the first image on", async () => {
  const source = await open({ limit: 5 }).source();
  expect(indices(await drain(source, 2))).toEqual([[0, 1, 2, 3], [0, 1, 2, 3]]); // prettier-ignore
});

test("shuffled epochs hold every image once, each in an order of its own", async () => {
  const source = await open({ batch: 5, shuffle: true }).source();
  const [a, b, c, d] = indices(await drain(source, 4));
  const first = [...(a ?? []), ...(b ?? [])];
  const second = [...(c ?? []), ...(d ?? [])];
  const all = Array.from({ length: count }, (_, i) => i);
  expect([...first].sort((x, y) => x - y)).toEqual(all);
  expect([...second].sort((x, y) => x - y)).toEqual(all);
  expect(first).not.toEqual(all);
  expect(second).not.toEqual(first);
});

test("the order depends on the seed and the node's name only", async () => {
  const order = async (seed: number, node: string) => {
    const params = { images: at("images"), batch: 10, shuffle: true };
    return indices(await drain(await harness(idx, params, { seed, node }).source(), 1));
  };
  expect(await order(1, "a")).toEqual(await order(1, "a"));
  expect(await order(1, "a")).not.toEqual(await order(2, "a"));
  expect(await order(1, "a")).not.toEqual(await order(1, "b"));
});

test("flip mirrors some images, others in the next epoch", async () => {
  const source = await open({ batch: 10, flip: true }).source();
  const mirrored = (await drain(source, 2)).map((packet) => {
    const data = numbers(packet, "image");
    return Array.from({ length: count }, (_, i) => {
      const image = data.slice(4 * i, 4 * i + 4);
      const plain = [i / 255, 1, 0, 0.2].map(Math.fround);
      const flipped = [1, i / 255, 0.2, 0].map(Math.fround);
      expect([plain, flipped]).toContainEqual(image);
      return image[0] === 1;
    });
  });
  expect(new Set(mirrored[0])).toEqual(new Set([true, false]));
  expect(mirrored[1]).not.toEqual(mirrored[0]);
});

test("probe gives sizes and a line about the files", async () => {
  expect(await open({}).probe()).toEqual({ dims: { B: 4, H: 2, W: 2 }, summary: "10 images 2x2" });
  expect((await open({ skip: 1, limit: 6 }).probe()).summary).toBe("6 images 2x2");
});

test("a restored source goes on with the very next sample, for any batch, limit, skip and position", async () => {
  const settings = fc.record({
    batch: fc.integer({ min: 1, max: 4 }),
    limit: fc.integer({ min: 4, max: count }),
    skip: fc.integer({ min: 0, max: count - 4 }),
    shuffle: fc.boolean(),
    flip: fc.boolean(),
    taken: fc.integer({ min: 0, max: 9 }),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(settings, async ({ taken, seed, ...params }) => {
      const whole = await open(params, seed).source();
      await drain(whole, taken);
      const saved = JSON.parse(JSON.stringify(whole.state()));
      const resumed = await open(params, seed).source();
      resumed.restore(saved);
      expect(await drain(resumed, 4)).toEqual(await drain(whole, 4));
    }),
    { numRuns: 60 },
  );
});

describe("refusals, found before a run", () => {
  test.each<[string, () => object, string]>([
    ["missing file", () => ({ images: at("absent") }), "absent: no such file or folder; expected an IDX file"],
    ["bad magic", () => ({ images: at("text") }), "text: not an IDX file: it starts with 68 65 6c 6c"],
    ["labels as images", () => ({ images: at("labels") }), "labels: expected images [count,H,W], got [10]"],
    ["images as labels", () => ({ labels: at("images") }), "images: expected labels [count], got [10,2,2]"],
    ["counts differ", () => ({ labels: at("nine") }), "nine: 9 labels for 10 images in"],
    ["empty", () => ({ images: at("none"), labels: undefined }), "none: 0 images, 0 skipped: none is left"],
    ["all skipped", () => ({ skip: 10 }), "10 images, 10 skipped: none is left; lower skip"],
    ["large batch", () => ({ batch: 11 }), "a batch of 11 is larger than the data set of 10 images; lower batch to at most 10"],
    ["small limit", () => ({ limit: 3 }), "a batch of 4 is larger than the data set of 3 images"],
  ])("%s", async (_name, params, message) => {
    await expect(open(params()).probe()).rejects.toThrow(message);
    await expect(open(params()).source()).rejects.toThrow(message);
  });

  test("a position saved with other data", async () => {
    const source = await open({}).source();
    expect(() => source.restore({ epoch: 0, position: 4, count: 9 })).toThrow(
      "the data has 10 samples, the checkpoint was written with 9; restore the data or start a new run",
    );
    expect(() => source.restore({ step: 3 })).toThrow('the saved position {"step":3} is none');
  });
});
