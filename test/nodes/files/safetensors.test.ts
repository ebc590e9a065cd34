import { describe, expect, test } from "@jest/globals";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import type { HostArray } from "../../../src/core/tensor.js";
import { philoxWords } from "../../../src/core/philox.js";
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  readSafetensorsHeader,
  writeSafetensors,
} from "../../../src/nodes/files/safetensors.js";
import { rawSafetensors } from "./raw-safetensors.js";
import { tempFolder } from "./temp-folder.js";

const at = tempFolder();
const f32 = (shape: number[], ...data: number[]): HostArray => ({ dtype: "f32", shape, data: Float32Array.from(data) });
const i32 = (shape: number[], ...data: number[]): HostArray => ({ dtype: "i32", shape, data: Int32Array.from(data) });
const arrays = new Map([
  ["weight", f32([2, 2], 1, -2.5, 3, 4)],
  ["label", i32([3], 7, -8, 2147483647)],
  ["scale", f32([], 0.5)],
  ["none", f32([0, 4])],
]);

describe("round trip", () => {
  test("bytes give back every array, with its shape and dtype", () => {
    expect(decodeSafetensors(encodeSafetensors(arrays))).toEqual(arrays);
  });

  test("a file gives back every array, and its folder is made", async () => {
    const file = at("new/folder/model.safetensors");
    await writeSafetensors(file, arrays, { metadata: { images: "10" } });
    expect(await readSafetensors(file)).toEqual(arrays);
    expect((await readSafetensorsHeader(file)).metadata).toEqual({ images: "10" });
    expect(await readdir(at("new/folder"))).toEqual(["model.safetensors"]); // no temporary file stays
  });

  test("only the arrays asked for are read", async () => {
    const file = at("some.safetensors");
    await writeSafetensors(file, arrays);
    expect([...(await readSafetensors(file, ["scale"])).keys()]).toEqual(["scale"]);
  });

  test("the header lists name, dtype and shape in the order of the data", async () => {
    const file = at("listed.safetensors");
    await writeSafetensors(file, arrays);
    const { tensors } = await readSafetensorsHeader(file);
    expect(tensors.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.join()}]`)).toEqual([
      "weight F32 [2,2]",
      "label I32 [3]",
      "scale F32 []",
      "none F32 [0,4]",
    ]);
  });

  test("data starts at a multiple of eight bytes, whatever the names' length", () => {
    for (const name of ["a", "ab", "abc", "abcdefgh"]) {
      const bytes = encodeSafetensors(new Map([[name, f32([1], 1)]]));
      expect((bytes.byteLength - 4) % 8).toBe(0);
    }
  });

  test("an array written again replaces the file", async () => {
    const file = at("twice.safetensors");
    await writeSafetensors(file, arrays);
    await writeSafetensors(file, new Map([["x", f32([1], 9)]]));
    expect([...(await readSafetensors(file)).keys()]).toEqual(["x"]);
  });

  test("views into a larger buffer are written as what they show", () => {
    const view = new Float32Array([0, 1, 2, 3]).subarray(1, 3);
    const read = decodeSafetensors(encodeSafetensors(new Map([["x", { dtype: "f32", shape: [2], data: view }]])));
    expect(read.get("x")?.data).toEqual(Float32Array.of(1, 2));
  });
});

describe("dtypes", () => {
  const read = (dtype: string, data: ArrayBufferView, size: number): number[] => [
    ...(decodeSafetensors(rawSafetensors({ x: { dtype, shape: [size], data } })).get("x")?.data ?? []),
  ];
  test("F16 gives normal, subnormal and infinite numbers", () => {
    // 1, -2, 65504 (largest), 2^-24 (smallest), infinity
    expect(read("F16", Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00), 5)).toEqual([1, -2, 65504, 2 ** -24, Infinity]);
  });
  test("BF16 is the upper half of an f32", () => {
    expect(read("BF16", Uint16Array.of(0x3f80, 0xc040, 0x7f80), 3)).toEqual([1, -3, Infinity]);
  });
  test("F64 is rounded to f32", () => {
    expect(read("F64", Float64Array.of(0.1, -4), 2)).toEqual([Math.fround(0.1), -4]);
  });
  test("F8 has two splits of its bits: range or digits", () => {
    // 1, the largest, the smallest, NaN: S.1111.111 in E4M3; infinity and NaN beyond the largest in E5M2.
    expect(read("F8_E4M3", Uint8Array.of(0x38, 0x7e, 0x01, 0x7f), 4)).toEqual([1, 448, 2 ** -9, NaN]);
    expect(read("F8_E5M2", Uint8Array.of(0xbc, 0x7b, 0x01, 0x7c), 4)).toEqual([-1, 57344, 2 ** -16, Infinity]);
  });
  test("whole numbers of every width become i32", () => {
    expect(read("I64", BigInt64Array.of(5n, -6n), 2)).toEqual([5, -6]);
    expect(read("U8", Uint8Array.of(255), 1)).toEqual([255]);
    expect(read("I8", Int8Array.of(-1), 1)).toEqual([-1]);
    expect(read("U16", Uint16Array.of(65535), 1)).toEqual([65535]);
    expect(read("I16", Int16Array.of(-2), 1)).toEqual([-2]);
    expect(read("BOOL", Uint8Array.of(0, 1), 2)).toEqual([0, 1]);
  });
  test("a number that does not fit is refused, not wrapped", () => {
    expect(() => read("I64", BigInt64Array.of(2n ** 31n), 1)).toThrow('array "x": the number 2147483648 does not fit in i32');
    expect(() => read("F64", Float64Array.of(1e300), 1)).toThrow('array "x": the number 1e+300 does not fit in f32');
  });
  test("a dtype that nothing here reads is named", () => {
    expect(() => read("C64", Float32Array.of(1, 2), 1)).toThrow('array "x": dtype C64 cannot be read; convert it to F32 or I32');
  });
});

describe("refusals", () => {
  const good = encodeSafetensors(new Map([["x", f32([2], 1, 2)]]));

  test("a missing file, a folder and a missing array say so", async () => {
    await mkdir(at("folder"));
    await writeSafetensors(at("x.safetensors"), new Map([["weight", f32([1], 1)]]));
    await expect(readSafetensors(at("absent"))).rejects.toThrow("absent: no such file or folder; expected a safetensors file");
    await expect(readSafetensorsHeader(at("folder"))).rejects.toThrow("folder: is no file");
    await expect(readSafetensors(at("x.safetensors"), ["wieght"])).rejects.toThrow('no array "wieght"; did you mean "weight"?');
    await expect(readSafetensors(at("x.safetensors"), ["q"])).rejects.toThrow('no array "q"; it holds "weight"');
  });

  test("a cut file says how many bytes are missing", async () => {
    await writeFile(at("cut.safetensors"), good.subarray(0, good.length - 3));
    const wanted = "cut.safetensors: the file is cut off: 3 bytes are missing; copy or download it again";
    await expect(readSafetensorsHeader(at("cut.safetensors"))).rejects.toThrow(wanted);
    await writeFile(at("cut.safetensors"), good.subarray(0, 20));
    await expect(readSafetensors(at("cut.safetensors"))).rejects.toThrow("the file is cut off");
  });

  test("other formats are told apart at once", () => {
    expect(() => decodeSafetensors(Uint8Array.of(1, 2, 3))).toThrow("expected at least 8 bytes, got 3");
    const zip = Uint8Array.from(Buffer.from("PK\u0003\u0004 a PyTorch file is a zip archive"));
    expect(() => decodeSafetensors(zip)).toThrow("not a safetensors file: its first 8 bytes announce a header of");
  });

  const entry = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
  const header = (object: unknown, bytes = 4) => rawSafetensors(JSON.stringify(object), bytes);
  test.each<[string, Uint8Array, string]>([
    ["no JSON", rawSafetensors("{oops", 0), "its header is no JSON"],
    ["no object", header([1]), "its header is no JSON object"],
    ["no entry", header({ x: 3 }), 'array "x": expected {dtype, shape, data_offsets}, got 3'],
    ["unknown dtype", header({ x: { ...entry, dtype: "F31" } }), 'array "x": unknown dtype "F31"'],
    ["negative size", header({ x: { ...entry, shape: [-1] } }), 'array "x": expected a shape of whole numbers, got [-1]'],
    ["fraction", header({ x: { ...entry, shape: [0.5] } }), "expected a shape of whole numbers"],
    ["huge shape", header({ x: { ...entry, shape: [2 ** 50, 2 ** 50] } }), "its data_offsets give 4"],
    ["three offsets", header({ x: { ...entry, data_offsets: [0, 4, 8] } }), "expected data_offsets [begin, end]"],
    ["wrong size", header({ x: { ...entry, shape: [2] } }), 'array "x": F32 [2] takes 8 bytes, its data_offsets give 4'],
    [
      "overlap",
      header({ x: entry, y: entry }),
      'array "y" starts at byte 0 of the data, expected 4: it overlaps the array before it',
    ],
    ["hole", header({ x: entry, y: { ...entry, data_offsets: [8, 12] } }, 12), "4 bytes between two arrays belong to none"],
    ["surplus", header({ x: entry }, 9), "5 bytes after the last array belong to none"],
    ["metadata", header({ __metadata__: { a: 1 }, x: entry }), "__metadata__ must be an object of strings"],
    ["beyond the end", header({ x: entry }, 1), "the file is cut off: 3 bytes are missing"],
  ])("%s", (_name, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  test("an array whose shape and data disagree is not written", async () => {
    const wrong = new Map([["x", f32([3], 1, 2)]]);
    await expect(writeSafetensors(at("wrong.safetensors"), wrong)).rejects.toThrow('array "x": shape [3] needs 3 numbers, got 2');
    await expect(readFile(at("wrong.safetensors"))).rejects.toThrow("ENOENT");
    expect(() => encodeSafetensors(new Map([["__metadata__", f32([1], 1)]]))).toThrow('may not be called "__metadata__"');
  });

  test("a file that cannot be written leaves nothing behind", async () => {
    await mkdir(at("taken/model.safetensors"), { recursive: true });
    await expect(writeSafetensors(at("taken/model.safetensors"), arrays)).rejects.toThrow("could not be written");
    expect(await readdir(at("taken"))).toEqual(["model.safetensors"]);
  });
});

test("200 damaged files give an error that is no crash, or arrays that fit their bytes", () => {
  const good = encodeSafetensors(arrays, { metadata: { note: "x" } });
  const dataStart = good.length - 4 * (4 + 3 + 1);
  let refused = 0;
  for (let seed = 0; seed < 200; seed++) {
    const [kind = 0, place = 0, byte = 0] = philoxWords([seed, 1], 0, 0, 4);
    const damaged = Uint8Array.from(kind % 4 === 0 ? good.subarray(0, place % good.length) : good);
    // Damage after the header only changes numbers, so it stays inside: its length, or its text.
    if (kind % 4 === 1) damaged[place % 8] = byte % 256;
    if (kind % 4 >= 2) damaged[8 + (place % (dataStart - 8))] = kind % 4 === 2 ? 32 + (byte % 95) : byte % 256;
    try {
      const read = decodeSafetensors(damaged);
      const bytes = [...read.values()].reduce((sum, array) => sum + array.data.length, 0);
      expect(bytes).toBeLessThanOrEqual(good.length);
      expect(kind % 4).not.toBe(0); // a cut file never passes
    } catch (error) {
      refused++;
      expect(Object.getPrototypeOf(error)).toBe(Error.prototype); // no TypeError or RangeError
    }
  }
  expect(refused).toBeGreaterThan(120);
});
