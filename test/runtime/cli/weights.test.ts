import { existsSync } from "node:fs";
import { truncate, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { weightsVerb } from "../../../src/runtime/cli/weights.js";
import type { WeightsFlags } from "../../../src/runtime/cli/weights.js";
import { writeSafetensors } from "../../../src/nodes/files/safetensors.js";
import { rawSafetensors } from "../../nodes/files/raw-safetensors.js";
import { tempFolder } from "../../nodes/files/temp-folder.js";

const at = tempFolder();
const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/torch/${name}`, import.meta.url));
const shared = (name: string): string => fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));

afterEach(() => void jest.restoreAllMocks());

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function weights(file: string, flags: WeightsFlags = {}): Promise<Said> {
  const said = { out: "", err: "" };
  jest.spyOn(process.stdout, "write").mockImplementation((part) => (said.out += String(part)) !== "");
  jest.spyOn(process.stderr, "write").mockImplementation((part) => (said.err += String(part)) !== "");
  const code = await weightsVerb(file, flags);
  return { code, ...said };
}

interface Row {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly [statistic: string]: unknown;
}

async function rowsOf(file: string, flags: WeightsFlags = {}): Promise<readonly Row[]> {
  const { code, out } = await weights(file, { ...flags, json: true });
  expect(code).toBe(0);
  return (JSON.parse(out) as { arrays: readonly Row[] }).arrays;
}

test("keys, dtypes, shapes and statistics as a table, with what the file says of itself", async () => {
  const arrays = new Map([
    ["blocks.0.weight", { dtype: "f32" as const, shape: [2, 2], data: Float32Array.of(1, -1, NaN, 3) }],
    ["steps", { dtype: "i32" as const, shape: [], data: Int32Array.of(7) }],
  ]);
  await writeSafetensors(at("two.safetensors"), arrays, { metadata: { made_by: "hand" } });
  const { code, out } = await weights(at("two.safetensors"));
  expect(code).toBe(0);
  expect(out).toBe(
    [
      `${at("two.safetensors")}: safetensors, 2 arrays, 5 numbers, 20 B`,
      "  made_by: hand",
      "",
      "  key              dtype  shape  min  max  mean    std  NaN  inf",
      "  blocks.0.weight  F32    [2,2]   -1    3     1  1.633    1    0",
      "  steps            I32    []       7    7     7      0    0    0",
      "",
    ].join("\n"),
  );
});

test("statistics can be left out and asked for; large files have none unasked", async () => {
  const large = { dtype: "U8", shape: [300_000_000] };
  // A file with a hole: it takes no space, and nothing of it is read.
  const header = JSON.stringify({ x: { ...large, data_offsets: [0, 300_000_000] } });
  await writeFile(at("large.safetensors"), rawSafetensors(header, 0));
  await truncate(at("large.safetensors"), 8 + header.length + 300_000_000);
  expect((await weights(at("large.safetensors"))).out).toContain("add --stats, which reads all 300 MB");
  expect(await rowsOf(at("large.safetensors"))).toEqual([{ name: "x", ...large }]);
  expect(await rowsOf(fixture("statistics.pt"), { stats: false })).toEqual([{ name: "var", dtype: "F32", shape: [3, 2, 2] }]);
  expect((await rowsOf(fixture("statistics.pt"), { stats: true }))[0]).toMatchObject({ min: 0.125, max: 1.5, mean: 0.8125 });
});

describe("PyTorch files", () => {
  test("of both forms, statistics without a mean and a distance's layers", async () => {
    expect(await rowsOf(fixture("statistics.pt"))).toMatchObject([{ name: "var", dtype: "F32", shape: [3, 2, 2], nan: 0 }]);
    expect(await rowsOf(fixture("layers.pth"))).toMatchObject(
      [2, 3, 4].map((size, i) => ({ name: `lin${i}.model.1.weight`, shape: [1, size, 1, 1], min: (i + 1) / 4, std: 0 })),
    );
  });

  test("one part of a checkpoint; a part that is not there is named with its neighbours", async () => {
    expect((await rowsOf(`${fixture("zip.pt")}#ema`)).map(({ name }) => name)).toEqual(["ema.weight", "ema.bias"]);
    const { code, err } = await weights(`${fixture("zip.pt")}#emma`);
    expect(code).toBe(2);
    expect(err).toContain('the file holds nothing in "emma"; did you mean "ema"?');
  });
});

const files = ["dinov2-base-imagenet-stat.pt", "lpips-vgg-linear.pth"].map(shared);
(files.every((file) => existsSync(file)) ? test : test.skip)("two published files (skipped without ../shared)", async () => {
  const [statistics = "", layers = ""] = files;
  const [row, ...rest] = await rowsOf(statistics);
  expect(rest).toEqual([]);
  expect(row).toMatchObject({ name: "var", dtype: "F32", shape: [768, 16, 16], nan: 0, infinite: 0 });
  // As published: 0.005325 to 9.127754, mean 0.775034.
  for (const [name, value] of Object.entries({ min: 0.005325, max: 9.127754, mean: 0.775034 }))
    expect([name, row?.[name]]).toEqual([name, expect.closeTo(value, 5)]);
  expect((await rowsOf(layers)).map(({ name, shape }) => `${name} ${shape.join()}`)).toEqual(
    [64, 128, 256, 512, 512].map((size, i) => `lin${i}.model.1.weight 1,${size},1,1`),
  );
});

test("what cannot be read is refused with exit code 2, and as JSON", async () => {
  expect(await weights(at("none.safetensors"))).toMatchObject({
    code: 2,
    out: "",
    err: `graph: ${at("none.safetensors")}: no such file or folder; expected a safetensors or PyTorch file, the index of a sharded one, a checkpoint folder or a run folder\n`,
  });
  await writeFile(at("cut.safetensors"), rawSafetensors('{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', 8));
  const { code, out } = await weights(at("cut.safetensors"), { json: true });
  expect([code, JSON.parse(out)]).toEqual([2, { error: expect.stringContaining("the file is cut off: 8 bytes are missing") }]);
});
