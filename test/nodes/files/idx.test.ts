import { describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { readIdx, readIdxShape } from "../../../src/nodes/files/idx.js";
import { tempFolder } from "./temp-folder.js";

const at = tempFolder();
/** Magic with dtype 8 (unsigned bytes), two sizes, then 2 x 3 bytes. */
const bytes = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255);

async function file(name: string, content: Uint8Array): Promise<string> {
  await writeFile(at(name), content);
  return at(name);
}

test.each([
  ["plain", bytes],
  ["gzip", gzipSync(bytes)],
])("reads a %s file and its header", async (name, content) => {
  const stored = await file(`${name}.idx`, content);
  expect(await readIdxShape(stored)).toEqual([2, 3]);
  const { shape, data } = await readIdx(stored);
  expect(shape).toEqual([2, 3]);
  expect([...data]).toEqual([1, 2, 3, 4, 5, 255]);
});

test("the header of a large gzip file is read without unpacking it", async () => {
  const large = Buffer.concat([Uint8Array.of(0, 0, 8, 1, 0, 160, 0, 0), Buffer.alloc(160 << 16)]);
  const zipped = gzipSync(large);
  // The end is damaged: who reads the header only never sees it.
  zipped.fill(0, zipped.length - 200);
  expect(await readIdxShape(await file("large.gz", zipped))).toEqual([160 << 16]);
});

describe("refusals", () => {
  test.each<[string, Uint8Array, string]>([
    ["other magic", Uint8Array.from(Buffer.from("PNG file")), "not an IDX file: it starts with 50 4e 47 20"],
    ["empty", new Uint8Array(0), "not an IDX file"],
    ["floats", Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0), "the numbers have type 0x0d, expected 0x08"],
    ["cut header", bytes.subarray(0, 9), "cut off in its header"],
    ["cut data", bytes.subarray(0, 16), "the file is cut off: 2 bytes are missing"],
    ["surplus", Buffer.concat([bytes, bytes]), "18 bytes more than its header [2,3] announces"],
    ["cut gzip", gzipSync(Buffer.concat([bytes, Buffer.alloc(999)])).subarray(0, 12), "the gzip data is damaged or cut off"],
    ["gzip of less", gzipSync(bytes.subarray(0, 16)), "the file is cut off: 2 bytes are missing"],
    ["gzip of more", gzipSync(Buffer.concat([bytes, Buffer.alloc(1 << 20)])), "more data than its header announces"],
  ])("%s", async (name, content, message) => {
    await expect(readIdx(await file(`${name}.bad`, content))).rejects.toThrow(message);
    await expect(readIdx(at(`${name}.bad`))).rejects.toThrow(at(`${name}.bad`)); // the message names the file
  });

  test("missing file", async () => {
    await expect(readIdxShape(at("absent"))).rejects.toThrow(
      "absent: no such file or folder; expected an IDX file, plain or gzip",
    );
  });
});
