import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { HostArray } from "../../../src/core/tensor.js";
import { samplePack as source } from "../../../src/nodes/data/sample-pack.js";
import { crc32 } from "../../../src/nodes/files/npz/crc32.js";
import { npyHeader, parseNpy, parseNpyHeader } from "../../../src/nodes/files/npz/npy.js";
import { samplePack as sink } from "../../../src/nodes/out/sample-pack.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { tempFolder } from "../files/temp-folder.js";
import { drain, indices, numbers } from "./drain.js";
import type { Packet } from "../../../src/core/define-node.js";

const at = tempFolder();
/** Images of 1x2 pixels: image i holds i/10 in its first number. */
const images = (...values: number[]): HostArray => ({
  dtype: "f32",
  shape: [values.length, 1, 2, 3],
  data: Float32Array.from(values.flatMap((value) => [value / 10, 0, 0.5, 1, 2, -1])),
});

/** All packets of a pack. */
async function read(file: string, batch: number): Promise<Packet[]> {
  const opened = await harness(source, { file, batch }).source();
  try {
    return await drain(opened);
  } finally {
    await opened.close();
  }
}

beforeAll(() => harness(sink, { file: at("pack.npz") }).sink({ image: images(0, 1, 2) }, { image: images(3) }));

test("images go into a pack and come back, rounded to 8 bits", async () => {
  const packets = await read(at("pack.npz"), 2);
  expect(indices(packets)).toEqual([[0, 1], [2, 3]]); // prettier-ignore
  expect(packets[0]?.values["image"]?.shape).toEqual([2, 1, 2, 3]);
  const expected = [3, 2].flatMap((at) =>
    [...images(at).data].map((value) => Math.round(Math.min(Math.max(value, 0), 1) * 255) / 255),
  );
  expect(numbers(packets[1], "image")).toEqual([...expected.slice(6), ...expected.slice(0, 6)].map(Math.fround));
  expect(await harness(source, { file: at("pack.npz"), batch: 2 }).probe()).toEqual({
    dims: { B: 2, H: 1, W: 2 },
    summary: "4 images 1x2",
  });
});

test("a restored source goes on with the very next image", async () => {
  const first = await harness(source, { file: at("pack.npz"), batch: 1 }).source();
  await first.next();
  const second = await harness(source, { file: at("pack.npz"), batch: 1 }).source();
  second.restore(first.state());
  expect((await second.next())?.indices).toEqual([1]);
  await Promise.all([first.close(), second.close()]);
});

test("truncation, as the reference's scripts do it, and a limit", async () => {
  await harness(sink, { file: at("cut.npz"), rounding: "truncate", limit: 1 }).sink({ image: images(5, 6) });
  const [packet] = await read(at("cut.npz"), 1);
  expect(numbers(packet, "image")).toEqual([127, 0, 127, 255, 255, 0].map((byte) => Math.fround(byte / 255)));
});

test("the archive's checksum is that of its bytes, and nothing else is left in the folder", async () => {
  const bytes = await readFile(at("pack.npz"));
  const size = npyHeader("|u1", [4, 1, 2, 3]).length + 24;
  const start = bytes.indexOf(Buffer.from([0x93, 0x4e]));
  expect(bytes.readUInt32LE(14)).toBe(crc32(0, bytes.subarray(start, start + size)));
  expect((await readdir(dirname(at("pack.npz")))).sort()).toEqual(["cut.npz", "pack.npz"]);
});

const python = ["/usr/bin/python3", "python3"].find((name) => {
  try {
    execFileSync(name, ["-c", "import numpy"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
});
(python ? test : test.skip)("numpy reads the pack (skipped without numpy)", () => {
  const code =
    "import numpy, sys, zipfile; f = numpy.load(sys.argv[1]); a = f['arr_0']; print(f.files, a.dtype, a.shape, a[:, 0, 0, 0].tolist(), zipfile.ZipFile(sys.argv[1]).testzip())";
  expect(String(execFileSync(python ?? "", ["-c", code, at("pack.npz")])).trim()).toBe(
    "['arr_0'] uint8 (4, 1, 2, 3) [0, 26, 51, 77] None",
  );
});

test("a pack that numpy wrote is read", async () => {
  const file = fileURLToPath(new URL("../../fixtures/metrics/numpy-pack.npz", import.meta.url));
  const [packet] = await read(file, 2);
  expect(numbers(packet, "image")).toEqual(Array.from({ length: 24 }, (_, i) => Math.fround(i / 255)));
});

describe("refusals", () => {
  afterAll(() => rm(at("bad.npz"), { force: true }));
  test("images that no batch takes, no pack, a pack cut short", async () => {
    await expect(harness(source, { file: at("pack.npz"), batch: 3 }).probe()).rejects.toThrow(
      "4 images do not fill batches of 3",
    );
    const stats = fileURLToPath(new URL("../../fixtures/metrics/numpy.npz", import.meta.url));
    await expect(harness(source, { file: stats }).probe()).rejects.toThrow('holds no array "arr_0"');
    const bytes = await readFile(at("pack.npz"));
    await writeFile(at("bad.npz"), bytes.subarray(0, 200));
    await expect(harness(source, { file: at("bad.npz") }).probe()).rejects.toThrow("cut off");
  });

  test("headers of arrays that are none, lie in Fortran order or claim more than is there", () => {
    expect(() => parseNpyHeader(Uint8Array.of(1, 2, 3))).toThrow("is no NumPy array");
    const header = npyHeader("<f8", [1000, 1000]);
    expect(() => parseNpy(header)).toThrow("has 0 bytes for <f8[1000,1000], which needs 8000000");
    const text = new TextDecoder("latin1").decode(header).replace("False", "True ");
    expect(() => parseNpy(Uint8Array.from(text, (char) => char.charCodeAt(0)))).toThrow("Fortran order");
    expect(() => parseNpy(npyHeader("<c8", [0]))).toThrow("has the type <c8, expected one of |u1 <f4");
  });
});
