import { basename } from "node:path";
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { within } from "../files/error-text.js";
import { withFile } from "../files/open-file.js";
import type { ImageCollection } from "./image-collection.js";

/** Columns to read. */
export interface ParquetColumns {
  readonly image: string;
  readonly label?: string | undefined;
}

/** A run of rows that is stored together. */
interface RowGroup {
  readonly file: OpenParquet;
  /** First row, in the file and among all. */
  readonly from: number;
  readonly first: number;
  readonly rows: number;
}

interface OpenParquet {
  readonly name: string;
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
}

/** Row groups whose images are held: the one in use and the one before, which readers ahead may still need. */
const heldGroups = 2;

/** The images of Parquet files in the order of files and rows. Throws an Error where a file is none or lacks a column. */
export async function parquetImages(files: readonly string[], where: string, columns: ParquetColumns): Promise<ImageCollection> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const groups: RowGroup[] = [];
  let count = 0;
  for (const name of files) {
    await withFile(name, "a Parquet file", async () => undefined);
    const buffer = await asyncBufferFromFile(name);
    const metadata = await within(name, () => parquetMetadataAsync(buffer));
    checkColumns(name, metadata, columns);
    let from = 0;
    for (const { num_rows } of metadata.row_groups) {
      const rows = Number(num_rows);
      groups.push({ file: { name, buffer, metadata }, from, first: count, rows });
      from += rows;
      count += rows;
    }
  }
  const labels = new Int32Array(count);
  for (const { file, from, first, rows } of columns.label === undefined ? [] : groups) {
    const read = await within(file.name, () =>
      parquetReadObjects({
        file: file.buffer,
        metadata: file.metadata,
        columns: [columns.label ?? ""],
        rowStart: from,
        rowEnd: from + rows,
      }),
    );
    read.forEach((row, i) => (labels[first + i] = classOf(row[columns.label ?? ""], file.name, from + i)));
  }
  const held = new Map<RowGroup, Promise<readonly unknown[]>>();
  const imagesOf = (group: RowGroup): Promise<readonly unknown[]> => {
    const known = held.get(group);
    if (known) return known;
    const { file, from, rows } = group;
    // Byte arrays stay bytes; by default they would become texts.
    const read = within(file.name, () =>
      parquetReadObjects({
        file: file.buffer,
        metadata: file.metadata,
        columns: [columns.image],
        rowStart: from,
        rowEnd: from + rows,
        utf8: false,
      }),
    ).then((found) => found.map((row) => row[columns.image] as unknown));
    held.set(group, read);
    for (const old of [...held.keys()].slice(0, Math.max(0, held.size - heldGroups))) held.delete(old);
    return read;
  };
  const groupOf = (sample: number): RowGroup => {
    let low = 0;
    for (let high = groups.length - 1; low < high;) {
      const middle = (low + high + 1) >> 1;
      if ((groups[middle]?.first ?? Infinity) <= sample) low = middle;
      else high = middle - 1;
    }
    const group = groups[low];
    if (!group || sample >= count) throw new Error(`no image ${sample} among ${count}`);
    return group;
  };
  const nameOf = (sample: number): string => {
    const { file, from, first } = groupOf(sample);
    return `${file.name}: row ${from + sample - first}`;
  };
  return {
    where,
    count,
    names: groups.map(({ file, rows }) => `${basename(file.name)} ${rows}`),
    groups: groups.map(({ rows }) => rows),
    nameOf,
    labelOf: (sample) => labels[sample] ?? 0,
    async read(sample) {
      const group = groupOf(sample);
      return bytesOf((await imagesOf(group))[sample - group.first], columns.image);
    },
  };
}

function checkColumns(file: string, metadata: FileMetaData, { image, label }: ParquetColumns): void {
  const [root] = metadata.schema;
  const known = new Set(
    metadata.row_groups.flatMap(({ columns }) => columns.map((column) => column.meta_data?.path_in_schema[0] ?? "")),
  );
  if (!root || known.size === 0) throw new Error(`${file}: no rows in it; give another file`);
  for (const column of [image, label])
    if (column !== undefined && !known.has(column))
      throw new Error(`${file}: no column "${column}"; it has ${[...known].join(", ")}`);
}

function classOf(value: unknown, file: string, row: number): number {
  const number = Number(value);
  if ((typeof value === "number" || typeof value === "bigint") && Number.isSafeInteger(number)) return number;
  throw new Error(`${file}: the label of row ${row} is ${String(value)}, expected a whole number; choose another column`);
}

/** Bytes of an image cell: bytes themselves, or a struct that has them, as the hub writes images. */
function bytesOf(value: unknown, column: string): Uint8Array {
  const inner = typeof value === "object" && value !== null && "bytes" in value ? value.bytes : value;
  if (inner instanceof Uint8Array) return inner;
  throw new Error(`column "${column}" holds no encoded image here`);
}
