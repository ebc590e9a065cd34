import { nearNames } from "../../core/near-names.js";
import { withArrays } from "../../nodes/files/array-file.js";
import type { ArrayFile } from "../../nodes/files/array-file.js";
import { arrayStatistics } from "../../nodes/files/array-statistics.js";
import type { ArrayStatistics } from "../../nodes/files/array-statistics.js";
import { dtypeBytes, readAs } from "../../nodes/files/safetensors-dtype.js";
import { elementsOf } from "../../nodes/files/stored-array.js";
import type { StoredArray } from "../../nodes/files/stored-array.js";
import { messageOf } from "../run/failure.js";
import { weightsFile } from "../run/weights-file.js";
import { grouped, metric, table } from "../text.js";
import { UsageError } from "../usage-error.js";
import { exitCodes } from "./exit-codes.js";
import { reportProblems } from "./report-problems.js";

/** Flags of `graph weights`. */
export interface WeightsFlags {
  readonly json?: boolean;
  /** Statistics: yes, no, or undefined for those of small files only. */
  readonly stats?: boolean;
}

/** `graph weights`: keys, dtypes, shapes and statistics of a weights file; gives the exit code. */
export async function weightsVerb(given: string, flags: WeightsFlags): Promise<number> {
  try {
    const listing = await list(given, flags.stats);
    process.stdout.write(flags.json ? `${JSON.stringify(asJson(listing), undefined, 2)}\n` : `${asText(listing)}\n`);
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(new UsageError(messageOf(error)), flags);
  }
}

/** Larger files are read for their statistics only where that is asked for: it takes about a second a gigabyte. */
const smallBytes = 256e6;

interface Listing {
  readonly file: string;
  readonly format: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly arrays: readonly (StoredArray & { readonly bytes: number; readonly statistics?: ArrayStatistics })[];
  readonly withStatistics: boolean;
}

async function list(given: string, wanted: boolean | undefined): Promise<Listing> {
  const { file, part } = await weightsFile(given, { hint: "" });
  return withArrays(file, async (arrays) => {
    const chosen = partOf(arrays, part).map((array) => ({ ...array, bytes: bytesOf(array) }));
    const withStatistics = wanted ?? sum(chosen.map(({ bytes }) => bytes)) <= smallBytes;
    const rows = [];
    for (const array of chosen)
      rows.push(withStatistics && readAs(array.dtype) ? { ...array, statistics: await arrayStatistics(arrays, array) } : array);
    return { file, format: arrays.format, metadata: arrays.metadata, arrays: rows, withStatistics };
  });
}

/** The arrays below `part.`, or all of them. */
function partOf({ tensors }: ArrayFile, part: string | undefined): readonly StoredArray[] {
  if (part === undefined) return tensors;
  const found = tensors.filter(({ name }) => name.startsWith(`${part}.`));
  if (found.length > 0) return found;
  const parts = [...new Set(tensors.map(({ name }) => name.split(".")[0] ?? ""))];
  const near = nearNames(part, parts);
  throw new Error(
    `the file holds nothing in "${part}"; ${near[0] ? `did you mean "${near[0]}"?` : `it holds ${parts.slice(0, 8).join(", ")}`}`,
  );
}

function bytesOf({ dtype, shape }: StoredArray): number {
  return elementsOf(shape) * (dtypeBytes.get(dtype) ?? 0);
}

function asText({ file, format, metadata, arrays, withStatistics }: Listing): string {
  const numbers = sum(arrays.map(({ shape }) => elementsOf(shape)));
  const bytes = sum(arrays.map((array) => array.bytes));
  const rows = arrays.map(({ name, dtype, shape, statistics }) => [
    name,
    dtype,
    `[${shape.join()}]`,
    ...(withStatistics ? statisticsCells(statistics) : []),
  ]);
  const title = ["key", "dtype", "shape", ...(withStatistics ? ["min", "max", "mean", "std", "NaN", "inf"] : [])];
  return [
    `${file}: ${format}, ${grouped(arrays.length)} arrays, ${grouped(numbers)} numbers, ${metric(bytes)}B`,
    ...Object.entries(metadata).map(([key, value]) => `  ${key}: ${value}`),
    `\n${table([title, ...rows], [3, 4, 5, 6, 7, 8])}`,
    ...(withStatistics ? [] : [`\nmin, max, mean, std and counts of NaN: add --stats, which reads all ${metric(bytes)}B`]),
  ].join("\n");
}

function statisticsCells(statistics: ArrayStatistics | undefined): string[] {
  if (!statistics) return ["", "", "", "", "", ""];
  const { finite, nan, infinite } = statistics;
  const spread = finite ? [finite.min, finite.max, finite.mean, finite.std].map(short) : ["", "", "", ""];
  return [...spread, grouped(nan), grouped(infinite)];
}

/** Four digits, without a tail of zeros. */
function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function asJson({ file, format, metadata, arrays }: Listing): object {
  return {
    file,
    format,
    numbers: sum(arrays.map(({ shape }) => elementsOf(shape))),
    bytes: sum(arrays.map((array) => array.bytes)),
    metadata,
    arrays: arrays.map(({ name, dtype, shape, statistics }) => {
      const { finite, nan, infinite } = statistics ?? {};
      return { name, dtype, shape, ...(statistics ? { ...finite, nan, infinite } : {}) };
    }),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
