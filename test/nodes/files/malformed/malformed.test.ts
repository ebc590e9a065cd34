/**
 * 10,000 damaged files, the same ones every time: RAEGRAPH_FUZZ=100000 tries as many.
 * Each must be read correctly or be refused with an Error that names the file and the fault: no other kind of error, no block of memory
 * larger than the file holds, nothing run.
 */
import { existsSync } from "node:fs";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { readArrays, withArrays } from "../../../../src/nodes/files/array-file.js";
import { dtypeBytes, readAs } from "../../../../src/nodes/files/safetensors-dtype.js";
import { elementsOf, spanOf } from "../../../../src/nodes/files/stored-array.js";
import type { StoredArray } from "../../../../src/nodes/files/stored-array.js";
import { mulberry32 } from "../../../support/golden.js";
import { makeZip } from "../make-zip.js";
import { rawSafetensors } from "../raw-safetensors.js";
import { tempFolder } from "../temp-folder.js";
import { below, mutate, mutateHeader, pick } from "./mutate.js";
import type { Random } from "./mutate.js";
import { watchAllocations } from "./watch-allocations.js";

const many = Number(process.env["RAEGRAPH_FUZZ"] ?? 10_000);
const each = Math.ceil(many / 3);
const at = tempFolder();
const torchFolder = fileURLToPath(new URL("../../../fixtures/torch/", import.meta.url));
let pickled: readonly Buffer[] = [];
let zipped: readonly Buffer[] = [];

beforeAll(async () => {
  const names = (await readdir(`${torchFolder}protocols`)).filter((name) => !name.startsWith("0"));
  const read = (name: string): Promise<Buffer> => readFile(`${torchFolder}protocols/${name}`);
  zipped = await Promise.all([...names.filter((name) => name.endsWith(".pt"))].map(read));
  const legacy = await Promise.all([...names.filter((name) => name.endsWith(".pth"))].map(read));
  pickled = [...legacy, Buffer.from(evil()), Buffer.from(evil(), "latin1")];
  // Tables for halves are made once.
  await readArrays(`${torchFolder}zip.pt`);
});

/** A pickle that would make a file, were it obeyed. */
function evil(): string {
  return `\x80\x02cposix\nsystem\n(S'touch ${at("canary")}'\ntR.`;
}

/** What became of a damaged file. */
async function outcome(bytes: Uint8Array, name: string): Promise<"read" | "refused"> {
  const file = at(name);
  await writeFile(file, bytes);
  const watch = watchAllocations();
  // No block of memory is larger than the file; when it is read, a byte may become a number of four.
  let most = bytes.length;
  const checkSizes = (): void => {
    const largest = watch.largest();
    if (largest > most) throw new TypeError(`${largest} bytes were asked for, the file has ${bytes.length}`);
  };
  try {
    await withArrays(file, async (arrays) => {
      checkSizes();
      most = 4 * bytes.length;
      for (const array of arrays.tensors) if (!isInside(array, bytes.length)) throw new TypeError(`"${array.name}" lies outside`);
      for (const array of arrays.tensors) {
        const { data } = await arrays.read(array);
        if (data.length !== elementsOf(array.shape)) throw new TypeError("another number of elements than its shape says");
        const wanted = plainFloats(array, bytes);
        if (wanted && Buffer.compare(Buffer.from(data.buffer), wanted) !== 0) throw new TypeError("other numbers than stored");
      }
    });
    return "read";
  } catch (error) {
    checkRefusal(error, file);
    return "refused";
  } finally {
    watch.stop();
    checkSizes();
  }
}

/** The stored bytes of an array that is read as it is. */
function plainFloats({ dtype, shape, begin, strides, bigEndian }: StoredArray, bytes: Uint8Array): Uint8Array | undefined {
  return dtype === "F32" && !strides && !bigEndian ? bytes.subarray(begin, begin + 4 * elementsOf(shape)) : undefined;
}

function isInside({ dtype, shape, begin, strides }: StoredArray, bytes: number): boolean {
  const span = strides ? spanOf(shape, strides) : elementsOf(shape);
  return begin >= 0 && begin + span * (dtypeBytes.get(dtype) ?? NaN) <= bytes;
}

function checkRefusal(error: unknown, file: string): void {
  const { message } = error as Error;
  if (!message.startsWith(`${file}: `) || message.length > 1000 || message.includes("undefined")) throw error;
  // Of errors that a library threw, only those of text that is none are expected.
  for (let inner = error; inner !== undefined; inner = (inner as Error).cause) {
    const { name, code } = inner as Error & { code?: string };
    if (!["Error", "CutOffError", "SyntaxError"].includes(name) && code !== "ERR_ENCODING_INVALID_ENCODED_DATA") throw error;
  }
}

/** Runs many damaged files; gives how many were refused. A failure names its file's number. */
async function tryAll(make: (random: Random) => Uint8Array, name: string): Promise<number> {
  let refused = 0;
  for (let seed = 0; seed < each; seed++) {
    const bytes = make(mulberry32(seed));
    try {
      if ((await outcome(bytes, name)) === "refused") refused++;
    } catch (error) {
      throw new Error(`damaged file ${seed} (${Buffer.from(bytes).toString("base64").slice(0, 2000)})`, { cause: error });
    }
  }
  return refused;
}

const goodFiles: readonly Uint8Array[] = [
  rawSafetensors({
    x: { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    "blocks.0.weight": { dtype: "BF16", shape: [2], data: Uint16Array.of(0x3f80, 0xc000) },
    empty: { dtype: "I64", shape: [0, 4], data: new BigInt64Array(0) },
  }),
  rawSafetensors({
    flags: { dtype: "BOOL", shape: [4], data: Uint8Array.of(0, 1, 1, 0) },
    bytes: { dtype: "U8", shape: [4], data: Uint8Array.of(0, 255, 1, 2) },
    scalar: { dtype: "F64", shape: [], data: Float64Array.of(0.5) },
    eighths: { dtype: "F8_E4M3", shape: [8], data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
  }),
  rawSafetensors('{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
];

describe(`${many} damaged files`, () => {
  test("safetensors: any bytes of the file, and values of its header", async () => {
    const refused = await tryAll((random) => {
      const good = pick(random, goodFiles);
      return random() < 0.5 ? mutateHeader(good, random) : mutate(good, random);
    }, "damaged.safetensors");
    // Damage to numbers alone is read; all else is not.
    expect(refused).toBeGreaterThan(each / 2);
    expect(refused).toBeLessThan(each);
  }, 600_000);

  test("pickles of every protocol, alone and in archives", async () => {
    const refused = await tryAll((random) => {
      const pickle = mutate(pick(random, pickled), random);
      if (random() < 0.5) return pickle;
      return makeZip({ "x/data.pkl": mutate(pickleOf(pick(random, zipped)), random), "x/data/0": Buffer.alloc(24) });
    }, "damaged.pth");
    expect(refused).toBeGreaterThan(each / 2);
    expect(refused).toBeLessThan(each);
  }, 600_000);

  test("zip archives", async () => {
    const refused = await tryAll((random) => {
      const archive = pick(random, zipped);
      return random() < 0.5 ? mutate(archive, random) : mutateDirectory(archive, random);
    }, "damaged.pt");
    expect(refused).toBeGreaterThan(each / 4);
    expect(refused).toBeLessThan(each);
  }, 600_000);

  test("none of them was obeyed", () => {
    expect(existsSync(at("canary"))).toBe(false);
  });
});

/** The pickle in an archive of PyTorch, with some of what follows it. */
function pickleOf(archive: Buffer): Buffer {
  const begin = archive.indexOf("\x80", archive.indexOf("data.pkl"), "latin1");
  return archive.subarray(begin, archive.indexOf("PK", begin));
}

/** The archive with changes in its directory only, where names, sizes and places stand. */
function mutateDirectory(archive: Buffer, random: Random): Buffer {
  const begin = archive.indexOf("PK\x01\x02");
  const directory = archive.subarray(begin);
  if (random() < 0.8) return Buffer.concat([archive.subarray(0, begin), mutate(directory, random)]);
  // A number of the last record: how many files there are, and where.
  const changed = Buffer.from(archive);
  changed.writeUInt32LE(pick(random, [0, 1, 0xffff, 0xffffffff, archive.length]), archive.length - 22 + 8 + below(random, 10));
  return changed;
}

describe("files made to exhaust", () => {
  /** A pickle in an archive. */
  const archive = (pickle: string): Uint8Array =>
    makeZip({ "x/data.pkl": Buffer.from(pickle, "latin1"), "x/data/0": Buffer.alloc(8) });
  const tensor =
    "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x02tQK\0K\x02\x85K\x01\x85\x89}tR";
  const text = (letters: string): string => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(letters.length);
    return `X${size.toString("latin1")}${letters}`;
  };
  const numbers = Array.from({ length: 60_000 }, (_, i) => `M${String.fromCharCode(i & 255, i >> 8)}K\x01`).join("");
  const cases: readonly (readonly [name: string, pickle: string, message: string])[] = [
    [
      "a dict copied 60,000 times",
      `\x80\x02(${numbers}dq\x00(${"ccollections\nOrderedDict\nh\x00\x85R".repeat(60_000)}l.`,
      "copied",
    ],
    ["lists within lists", `\x80\x02]${"q\x00](h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00e".repeat(30)}.`, "hold each other"],
    ["a list that holds itself", "\x80\x02]q\x00h\x00a.", "nested deeper"],
    [
      "long keys around many tensors",
      `\x80\x02${text("k".repeat(200_000))}q\x00${tensor}q\x01(${numbers.replaceAll("K\x01", "h\x01")}dq\x02${"}h\x00h\x02sq\x02".repeat(20)}.`,
      "hold each other",
    ],
    ["a text of 16 EiB", "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "bytes announced"],
    ["a number of 4 GiB", "\x80\x02\x8b\xff\xff\xff\xff.", "bytes announced"],
    ["marks without end", `\x80\x02${"(".repeat(1_000_000)}.`, "a mark where a value is expected"],
    [
      "a tensor that repeats one number",
      `\x80\x02}X\x01\0\0\0x${tensor.replace("K\x02\x85K\x01", "J\0\0\0\x7f\x85K\0")}s.`,
      "repeats a storage",
    ],
    [
      "a tensor larger than its storage",
      `\x80\x02}X\x01\0\0\0x${tensor.replace("K\x02\x85", "J\0\0\0\x7f\x85")}s.`,
      "reaches element",
    ],
  ];
  test.each(cases)("%s", async (_name, pickle, message) => {
    const bytes = archive(pickle);
    await writeFile(at("bomb.pt"), bytes);
    await expect(withArrays(at("bomb.pt"), async ({ tensors }) => tensors)).rejects.toThrow(message);
    expect(await outcome(bytes, "bomb.pt")).toBe("refused");
  });

  test("every dtype that takes more room in memory than in the file stays below four times its bytes", () => {
    for (const [dtype, size] of dtypeBytes) if (readAs(dtype)) expect([dtype, 4 / size]).toEqual([dtype, expect.any(Number)]);
    for (const [dtype, size] of dtypeBytes) if (readAs(dtype)) expect(4 / size).toBeLessThanOrEqual(4);
  });
});
