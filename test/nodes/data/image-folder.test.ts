import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { encode } from "fast-png";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import sharp from "sharp";
import { imageFolder } from "../../../src/nodes/data/image-folder.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { tempFolder } from "../files/temp-folder.js";
import { drain, indices, numbers } from "./drain.js";

const at = tempFolder();

async function put(name: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(at(name)), { recursive: true });
  await writeFile(at(name), bytes);
}

/** A PNG of one colour. */
function plain(width: number, height: number, ...colour: number[]): Uint8Array {
  const data = Uint8Array.from({ length: width * height * colour.length }, (_, i) => colour[i % colour.length] ?? 0);
  return encode({ width, height, channels: colour.length, data });
}

beforeAll(async () => {
  // Five good images in two classes and three bad ones; grey level 20 times the number in the name.
  for (const [name, level] of [
    ["classes/b/1.png", 20],
    ["classes/b/3.PNG", 60],
    ["classes/a/2.png", 40],
  ] as const)
    // prettier-ignore
    await put(name, plain(4, 4, level));
  const grey = sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 80, g: 80, b: 80 } } });
  await put("classes/a/deep/4.jpg", await grey.clone().jpeg().toBuffer());
  await put("classes/b/5.webp", await grey.clone().webp({ lossless: true }).toBuffer());
  await put("classes/a/notes.txt", Buffer.from("no image"));
  await put("classes/.hidden/6.png", plain(4, 4, 0));
  for (let i = 0; i < 6; i++) await put(`mixed/${i}.png`, i % 2 === 0 ? plain(4, 4, i) : Buffer.from("broken"));
  const photo = await sharp({ create: { width: 64, height: 64, channels: 3, background: "red" } }).jpeg().toBuffer(); // prettier-ignore
  await put("mixed/6.jpg", photo.subarray(0, photo.length >> 1));
  for (let i = 0; i < 3; i++) await put(`broken/${i}.png`, Buffer.from("broken"));
  for (let i = 0; i < 7; i++) await put(`seven/${i}.png`, plain(4, 4, i));
});

const open = (folder: string, params: object, seed = 1) =>
  harness(imageFolder, { folder: at(folder), size: 4, batch: 2, ...params }, { seed, node: "images" });

/** The packets of a source that is then closed. */
async function read(node: ReturnType<typeof harness>, most = Infinity) {
  const source = await node.source();
  try {
    return await drain(source, most);
  } finally {
    await source.close();
  }
}

describe("images", () => {
  test("files of all sub-folders in the order of their paths, the class by sub-folder", async () => {
    const [packet] = await read(open("classes", { batch: 5, channels: 1 }), 1);
    const levels = numbers(packet, "image").filter((_, i) => i % 16 === 0).map((value) => Math.round(value * 255)); // prettier-ignore
    expect(levels).toEqual([40, 80, 20, 60, 80]); // a/2 a/deep/4 b/1 b/3 b/5
    expect(numbers(packet, "label")).toEqual([0, 0, 1, 1, 1]);
    expect(packet?.values["image"]?.shape).toEqual([5, 4, 4, 1]);
  });

  test("a flat folder is one class", async () => {
    const [packet] = await read(open("seven", {}), 1);
    expect(numbers(packet, "label")).toEqual([0, 0]);
  });

  test("grey, transparent and 16-bit files become three channels in [0,1]", async () => {
    await put("kinds/a.png", plain(4, 4, 51));
    await put("kinds/b.png", plain(4, 4, 255, 0, 51, 255));
    await put("kinds/c.png", encode({ width: 4, height: 4, channels: 3, depth: 16, data: new Uint16Array(48).fill(65535) }));
    const [packet] = await read(open("kinds", { batch: 3 }), 1);
    const first = (image: number) => numbers(packet, "image").slice(image * 48, image * 48 + 3);
    expect([first(0), first(1), first(2)]).toEqual([[0.2, 0.2, 0.2], [1, 0, 0.2], [1, 1, 1]].map((rgb) => rgb.map(Math.fround))); // prettier-ignore
  });

  test("the centre of the longer side is kept, the shorter side resized", async () => {
    // 12 x 4: thirds of black, white, black; at size 4 exactly the white third stays, at size 2 the same third at half the size.
    const data = Uint8Array.from({ length: 48 }, (_, i) => (i % 12 >= 4 && i % 12 < 8 ? 255 : 0));
    await put("wide/x.png", encode({ width: 12, height: 4, channels: 1, data }));
    const [packet] = await read(open("wide", { batch: 1, channels: 1 }), 1);
    expect(numbers(packet, "image")).toEqual(Array.from({ length: 16 }, () => 1));
    const [half] = await read(open("wide", { batch: 1, channels: 1, size: 2 }), 1);
    for (const value of numbers(half, "image")) expect(value).toBeGreaterThan(0.8);
  });

  test("random crops move within the image and differ between epochs; flips mirror", async () => {
    // A ramp along x: pixel x has level 20x, so a crop tells its place and its direction.
    const data = Uint8Array.from({ length: 40 }, (_, i) => 20 * (i % 10));
    await put("ramp/x.png", encode({ width: 10, height: 4, channels: 1, data }));
    const packets = await read(open("ramp", { batch: 1, channels: 1, crop: "random", flip: true }), 60);
    const rows = packets.map((packet) => numbers(packet, "image").slice(0, 4).map((value) => Math.round((value * 255) / 20))); // prettier-ignore
    const places = rows.map(([a = 0, b = 0, c = 0, d = 0]) => {
      expect([b - a, c - b, d - c]).toEqual(a < d ? [1, 1, 1] : [-1, -1, -1]);
      return Math.min(a, d);
    });
    expect(new Set(places)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    expect(rows.filter(([a = 0, b = 0]) => a > b).length).toBeGreaterThan(15);
    expect(rows.filter(([a = 0, b = 0]) => a < b).length).toBeGreaterThan(15);
  });

  test("a folder that links to itself ends", async () => {
    await put("loop/a/x.png", plain(4, 4, 1));
    await symlink(at("loop"), at("loop/a/again"));
    expect((await open("loop", { batch: 1 }).probe()).summary).toBe("1 images in 1 class");
  });
});

describe("unreadable images", () => {
  test("are named, left out and counted; the next ones take their place", async () => {
    const node = open("mixed", { repeat: false, batch: 3 });
    expect(indices(await read(node))).toEqual([[0, 2, 4]]);
    const broken = node.logged.filter((line) => line.includes("image cannot be read"));
    expect(broken.map((line) => /\d\.\w+/.exec(line)?.[0])).toEqual(["1.png", "3.png", "5.png", "6.jpg"]);
    expect(node.logged.at(-1)).toBe("warn: 4 of 7 images were unreadable and left out");
  });

  test("are named once over many epochs", async () => {
    const node = open("mixed", { batch: 3 });
    expect(indices(await read(node, 5))).toEqual(Array.from({ length: 5 }, () => [0, 2, 4]));
    expect(node.logged.filter((line) => line.includes("1.png"))).toHaveLength(1);
  });

  test("end the run under on_error: fail", async () => {
    await expect(read(open("mixed", { on_error: "fail" }))).rejects.toThrow(/1\.png: image cannot be read \(.+\); remove it, or/);
  });

  test("that are all of them, or leave too few for a batch, are an error and no endless loop", async () => {
    const cause = /broken: 3 of 3 images are unreadable, the first .+0\.png \(.+\): 0 do not fill a batch of 2/;
    await expect(read(open("broken", {}))).rejects.toThrow(cause);
    await expect(read(open("broken", { repeat: false }))).rejects.toThrow(cause);
    await expect(read(open("mixed", { batch: 4 }))).rejects.toThrow("4 of 7 images are unreadable");
  });
});

describe("order and position", () => {
  test("one epoch leaves out what does not fill a batch", async () => {
    expect(indices(await read(open("seven", { repeat: false, batch: 3 })))).toEqual([[0, 1, 2], [3, 4, 5]]); // prettier-ignore
  });

  test("the number of workers changes nothing", async () => {
    const take = (workers: number) => read(open("seven", { shuffle: true, flip: true, batch: 3, workers }), 5);
    expect(await take(1)).toEqual(await take(9));
  });

  test("a restored source goes on with the very next sample, unreadable ones or not", async () => {
    const settings = fc.record({
      folder: fc.constantFrom("seven", "mixed"),
      batch: fc.integer({ min: 1, max: 3 }),
      shuffle: fc.boolean(),
      taken: fc.integer({ min: 0, max: 6 }),
      workers: fc.integer({ min: 1, max: 5 }),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(settings, async ({ folder, taken, seed, ...params }) => {
        const whole = await open(folder, params, seed).source();
        await drain(whole, taken);
        const resumed = await open(folder, params, seed).source();
        resumed.restore(JSON.parse(JSON.stringify(whole.state())));
        expect(await drain(resumed, 3)).toEqual(await drain(whole, 3));
        await Promise.all([whole.close(), resumed.close()]);
      }),
      { numRuns: 25 },
    );
  });

  test("a position saved with other files is refused", async () => {
    const seven = await open("seven", {}).source();
    const mixed = await open("mixed", {}).source();
    expect(() => mixed.restore(seven.state())).toThrow(
      "the files of the data are not those that the checkpoint was written with",
    );
  });

  test("next after close ends", async () => {
    const source = await open("seven", {}).source();
    await source.next();
    const pending = source.next();
    await source.close();
    await pending;
    expect(await source.next()).toBeUndefined();
  });
});

test("probe gives sizes and a line about the folder", async () => {
  expect(await open("classes", {}).probe()).toEqual({ dims: { B: 2, S: 4, c: 3 }, summary: "5 images in 2 classes" });
});

describe("refusals, found before a run", () => {
  test("missing, empty and mixed folders, and a batch that is too large", async () => {
    await put("both/a/x.png", plain(4, 4, 1));
    await put("both/y.png", plain(4, 4, 1));
    await put("empty/readme.txt", Buffer.from(""));
    await expect(open("absent", {}).probe()).rejects.toThrow("absent: no such file or folder; expected a folder of images");
    await expect(open("both/y.png", {}).probe()).rejects.toThrow("y.png: it is no folder; expected a folder of images");
    await expect(open("empty", {}).probe()).rejects.toThrow("empty: no image in it; expected .jpg, .jpeg, .png, .webp files");
    await expect(open("both", {}).probe()).rejects.toThrow("both: image y.png lies beside folders of classes; move it");
    await expect(open("seven", { batch: 8 }).probe()).rejects.toThrow("a batch of 8 is larger than the data set of 7 images");
  });
});
