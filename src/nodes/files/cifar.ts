import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { refusalOf } from "./error-text.js";
import { readAt, withFile } from "./open-file.js";

/** Height and width of a CIFAR image. */
export const cifarSize = 32;
const plane = cifarSize * cifarSize;

/** A file of binary records: label bytes, then planes of red, green and blue. */
export interface CifarFile {
  readonly file: string;
  readonly records: number;
  /** 1 in CIFAR-10; 2 in CIFAR-100: coarse, then fine. */
  readonly labels: 1 | 2;
}

/** An image of a binary batch; pixels are channels last. */
export interface CifarRecord {
  readonly labels: readonly number[];
  readonly pixels: Uint8Array;
}

/** Names of the published binary batches by part of the data set. */
const published = {
  train: [/^data_batch_\d+\.bin$/, /^train\.bin$/],
  test: [/^test_batch\.bin$/, /^test\.bin$/],
} as const;

/**
 * The binary batches of one part in a folder, in the order of their names; none where the folder has none. Throws an Error where the
 * folder cannot be read or a batch is cut short.
 */
export async function findCifarFiles(folder: string, part: keyof typeof published): Promise<CifarFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new Error(`${folder}: ${refusalOf(error)}; expected a folder of CIFAR batches, its path counted from the graph file`);
  });
  const chosen = names.filter((name) => published[part].some((pattern) => pattern.test(name)));
  const files: CifarFile[] = [];
  for (const name of chosen.sort((a, b) => a.localeCompare(b, "en", { numeric: true }))) {
    const labels = /^(train|test)\.bin$/.test(name) ? 2 : 1;
    const file = join(folder, name);
    const { size } = await stat(file);
    const record = labels + 3 * plane;
    if (size === 0 || size % record !== 0)
      throw new Error(`${file}: ${size} bytes are no whole number of records of ${record}; fetch the file again`);
    files.push({ file, records: size / record, labels });
  }
  return files;
}

/** One record of a batch. */
export async function readCifarRecord({ file, labels }: CifarFile, index: number): Promise<CifarRecord> {
  const size = labels + 3 * plane;
  const bytes = new Uint8Array(size);
  await withFile(file, "a CIFAR batch", async (handle) => {
    if ((await readAt(handle, bytes, index * size)) < size) throw new Error(`${file}: record ${index} is cut short`);
  });
  return { labels: [...bytes.subarray(0, labels)], pixels: interleave(bytes.subarray(labels)) };
}

/** Labels of every record of a batch, `which` of those each has. */
export async function readCifarLabels({ file, labels, records }: CifarFile, which: number): Promise<Uint8Array> {
  const size = labels + 3 * plane;
  return withFile(file, "a CIFAR batch", async (handle, bytes) => {
    const all = new Uint8Array(bytes);
    await readAt(handle, all, 0);
    return Uint8Array.from({ length: records }, (_, i) => all[i * size + which] ?? 0);
  });
}

function interleave(planes: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(3 * plane);
  for (let at = 0; at < plane; at++) for (let c = 0; c < 3; c++) pixels[3 * at + c] = planes[c * plane + at] ?? 0;
  return pixels;
}
