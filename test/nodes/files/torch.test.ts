import { describe, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { listArrays, readArrays } from "../../../src/nodes/files/array-file.js";
import { makeZip } from "./make-zip.js";
import { tempFolder } from "./temp-folder.js";

const at = tempFolder();
const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/torch/${name}`, import.meta.url));
const shared = (name: string): string => fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));

// Written by test/fixtures/torch/make.py.
describe.each([
  ["zip.pt", "PyTorch (zip)"],
  ["legacy.pth", "PyTorch (legacy)"],
])("%s", (name, format) => {
  test("lists the tensors of nested dicts; what is no tensor is passed over", async () => {
    const list = await listArrays(fixture(name));
    expect(list.format).toBe(format);
    expect(list.tensors.map((array) => `${array.name} ${array.dtype} [${array.shape.join()}]`)).toEqual([
      "model.whole F32 [2,3,4]",
      "model.transposed F32 [4,3,2]",
      "model.window F32 [2,2,2]",
      "model.tied F32 [2,3]",
      "model.tied_too F32 [3,2]",
      "model.bf16 BF16 [2]",
      "model.f16 F16 [2]",
      "model.f64 F64 [1]",
      "model.i64 I64 [2]",
      "model.u8 U8 [1]",
      "model.bool BOOL [2]",
      "model.scalar F32 []",
      "model.empty F32 [0,4]",
      "model.parameter F32 [2]",
      "ema.weight F32 [2,2]",
      "ema.bias F32 [2]",
    ]);
  });

  test("reads every dtype, transposed and cut tensors, and storages that several share", async () => {
    const arrays = await readArrays(fixture(name));
    const data = (key: string): number[] => [...(arrays.get(`model.${key}`)?.data ?? [])];
    expect(data("whole")).toEqual(Array.from({ length: 24 }, (_, i) => i));
    // transposed[k,j,i] = whole[i,j,k] = 12 i + 4 j + k
    expect(data("transposed").slice(0, 6)).toEqual([0, 12, 4, 16, 8, 20]);
    expect(data("window")).toEqual([4, 6, 8, 10, 16, 18, 20, 22]);
    expect(data("tied")).toEqual(data("tied_too"));
    expect(data("bf16")).toEqual([1, -3]);
    expect(data("f16")).toEqual([1, 0.5]);
    expect(data("f64")).toEqual([Math.fround(0.1)]);
    expect(data("i64")).toEqual([5, -6]);
    expect(data("bool")).toEqual([1, 0]);
    expect(data("scalar")).toEqual([2.5]);
    expect([...(arrays.get("ema.weight")?.data ?? [])]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  test("a name that the file may not use is refused, and said by name", async () => {
    // Two bytes of the name of a function that the file calls: posix._rebuild_tensor_v2 is no part of the list.
    const bytes = await readFile(fixture(name));
    const place = bytes.indexOf("ctorch._utils\n");
    bytes.write("cposix.system", place);
    await writeFile(at(name), bytes);
    await expect(listArrays(at(name))).rejects.toThrow(
      /pickle, byte \d+: names posix\.system\._rebuild_tensor_v2, which a weights file may not use; nothing of it was run/,
    );
  });

  test("a cut file says so", async () => {
    const bytes = await readFile(fixture(name));
    await writeFile(at(name), bytes.subarray(0, bytes.length - 4));
    await expect(listArrays(at(name))).rejects.toThrow("cut off");
  });
});

describe("protocols of pickle", () => {
  test.each([1, 2, 3, 4, 5].flatMap((protocol) => [`${protocol}-zip.pt`, `${protocol}-legacy.pth`]))("%s reads", async (name) => {
    const arrays = await readArrays(fixture(`protocols/${name}`));
    expect([...arrays].map(([key, { data }]) => [key, [...data]])).toEqual([
      ["ema.plain", [0, 1, 2, 3, 4, 5]],
      ["ema.turned", [0, 3, 1, 4, 2, 5]],
      ["ema.half", [1, 2]],
      ["ema.count", [3]],
      ["parameter", [1, 1]],
    ]);
  });

  test.each(["0-zip.pt", "0-legacy.pth"])("%s, whose storages are lost, says what to do", async (name) => {
    await expect(listArrays(fixture(`protocols/${name}`))).rejects.toThrow("protocol 0 does and PyTorch cannot read either");
  });
});

describe("zip archives", () => {
  /** A pickle of `{"x": tensor of two floats}`, as torch.save writes it. */
  const pickle = [
    "\x80\x02}X\x01\0\0\0xctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n",
    "X\x01\0\0\x000X\x03\0\0\0cpuK\x02tQK\0K\x02\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtRs.",
  ].join("");
  const numbers = Buffer.from(Float32Array.of(1, -2).buffer);
  const good = { "x/data.pkl": Buffer.from(pickle, "latin1"), "x/data/0": numbers };
  const read = async (files: Parameters<typeof makeZip>[0]): Promise<unknown> => {
    await writeFile(at("made.pt"), makeZip(files));
    return [...(await readArrays(at("made.pt"))).values()].map(({ data }) => [...data]);
  };

  test("numbers of a big-endian machine are turned", async () => {
    expect(await read({ ...good, "x/byteorder": "little" })).toEqual([[1, -2]]);
    expect(await read({ ...good, "x/byteorder": "big", "x/data/0": Buffer.from(numbers).swap32() })).toEqual([[1, -2]]);
  });

  test.each(["../evil", "/etc/evil", "x/../../evil", "x\\..\\evil", "C:/evil"])("a file called %s is refused", async (name) => {
    await expect(read({ ...good, [name]: "x" })).rejects.toThrow("which leads out of its folder; such files are not read");
  });

  test("a storage that is short, and one that is not there, are named", async () => {
    await expect(read({ ...good, "x/data/0": numbers.subarray(4) })).rejects.toThrow(
      'tensor "x": its storage "data/0" has 4 bytes, expected 8',
    );
    await expect(read({ "x/data.pkl": good["x/data.pkl"] })).rejects.toThrow('the archive lacks its storage "data/0"');
  });

  test("a program and a plain archive say what they are", async () => {
    await expect(read({ ...good, "x/constants.pkl": "x" })).rejects.toThrow("a TorchScript program, whose code is not run");
    await expect(read({ "x/readme": "x" })).rejects.toThrow("a zip archive without data.pkl");
  });
});

const lpips = shared("lpips-vgg-linear.pth");
const statistics = shared("dinov2-base-imagenet-stat.pt");
(existsSync(lpips) ? test : test.skip)("two published files read (skipped without ../shared)", async () => {
  const weights = await readArrays(lpips);
  expect([...weights].map(([name, array]) => `${name} ${array.shape.join()}`).sort()).toEqual([
    "lin0.model.1.weight 1,64,1,1",
    "lin1.model.1.weight 1,128,1,1",
    "lin2.model.1.weight 1,256,1,1",
    "lin3.model.1.weight 1,512,1,1",
    "lin4.model.1.weight 1,512,1,1",
  ]);
  // The published distances are weighted sums: no weight is negative.
  for (const { data } of weights.values()) expect(Math.min(...data)).toBeGreaterThanOrEqual(0);
  const stats = await readArrays(statistics);
  expect([...stats.keys()]).toEqual(["var"]); // its mean is None
  const values = [...(stats.get("var")?.data ?? [])];
  expect(values.reduce((a, b) => Math.min(a, b))).toBeCloseTo(0.005325, 6);
  expect(values.reduce((a, b) => a + b, 0) / values.length).toBeCloseTo(0.775034, 5);
});
