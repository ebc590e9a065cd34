import { writeFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { withArrays } from "../../../src/nodes/files/array-file.js";
import { arrayStatistics } from "../../../src/nodes/files/array-statistics.js";
import type { ArrayStatistics } from "../../../src/nodes/files/array-statistics.js";
import { rawSafetensors } from "./raw-safetensors.js";
import { tempFolder } from "./temp-folder.js";

const at = tempFolder();

async function statisticsOf(dtype: string, data: ArrayBufferView, count: number): Promise<ArrayStatistics> {
  await writeFile(at("one.safetensors"), rawSafetensors({ x: { dtype, shape: [count], data } }));
  return withArrays(at("one.safetensors"), (file) => {
    const [array] = file.tensors;
    if (!array) throw new Error("no array");
    return arrayStatistics(file, array);
  });
}

test("spread of floats by hand", async () => {
  // Mean 3, deviations -2, -1, 3: squares 14, over three numbers.
  expect(await statisticsOf("F32", Float32Array.of(1, 2, 6), 3)).toEqual({
    nan: 0,
    infinite: 0,
    finite: { min: 1, max: 6, mean: 3, std: Math.sqrt(14 / 3) },
  });
});

test("numbers that are none are counted and leave the others' spread alone", async () => {
  const data = Float32Array.of(NaN, 4, -Infinity, -4, Infinity, NaN);
  expect(await statisticsOf("F32", data, 6)).toEqual({ nan: 2, infinite: 2, finite: { min: -4, max: 4, mean: 0, std: 4 } });
  expect(await statisticsOf("F32", Float32Array.of(NaN), 1)).toEqual({ nan: 1, infinite: 0 });
  expect(await statisticsOf("F32", new Float32Array(0), 0)).toEqual({ nan: 0, infinite: 0 });
});

test("halves, whole numbers and truth values are looked at as the numbers that they mean", async () => {
  const finite = (mean: number, std: number, min: number, max: number): object => ({ finite: { min, max, mean, std } });
  expect(await statisticsOf("BF16", Uint16Array.of(0x3f80, 0xc040), 2)).toMatchObject(finite(-1, 2, -3, 1));
  expect(await statisticsOf("I64", BigInt64Array.of(-1n, 5_000_000_000n), 2)).toMatchObject({
    finite: { min: -1, max: 5_000_000_000 },
  });
  expect(await statisticsOf("BOOL", Uint8Array.of(1, 0, 0, 0), 4)).toMatchObject(finite(0.25, Math.sqrt(3) / 4, 0, 1));
});

test("many numbers far from zero lose no digits", async () => {
  const count = 10_000;
  const data = Float64Array.from({ length: count }, (_, i) => 1e6 + i / count);
  const { finite } = await statisticsOf("F64", data, count);
  expect(finite?.mean).toBeCloseTo(1e6 + (count - 1) / 2 / count, 8);
  // The deviation of 0, 1, ..., n-1 is sqrt((n^2 - 1) / 12).
  expect(finite?.std).toBeCloseTo(Math.sqrt((count * count - 1) / 12) / count, 9);
});
