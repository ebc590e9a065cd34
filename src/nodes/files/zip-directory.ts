import type { FileHandle } from "node:fs/promises";
import { checkArchiveName } from "./archive-name.js";
import { readAt } from "./open-file.js";

/** A file of a zip archive that is stored as it is. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: number;
  /** Where its local header begins; its data follow. */
  readonly header: number;
}

const endSize = 22;
const longestComment = 0xffff;
const centralSize = 46;
const localSize = 30;

/**
 * The files of a zip archive by name, from its central directory (PKWARE APPNOTE 4.3, zip64 included). Reads stored files only, for
 * PyTorch compresses none. Throws an Error for names that lead out of a folder, files that overlap or lie outside the archive, names
 * given twice, and anything encrypted or compressed.
 */
export async function readZipDirectory(handle: FileHandle, bytes: number): Promise<ReadonlyMap<string, ZipEntry>> {
  const { count, size, offset } = await findDirectory(handle, bytes);
  const directory = await readPart(handle, offset, size);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { entry, length } = parseEntry(directory, at, offset);
    if (entries.has(entry.name)) throw new Error(`the archive holds two files called "${entry.name}"`);
    entries.set(entry.name, entry);
    at += length;
  }
  checkOverlap([...entries.values()], offset);
  return entries;
}

/** Where a file's data begin. Throws an Error where its local header is none, or its data do not lie in the archive. */
export async function dataOffset(handle: FileHandle, entry: ZipEntry, bytes: number): Promise<number> {
  const local = await readPart(handle, entry.header, localSize);
  if (local.getUint32(0, true) !== 0x04034b50) throw new Error(`"${entry.name}" has no local header; download the file again`);
  const begin = entry.header + localSize + local.getUint16(26, true) + local.getUint16(28, true);
  if (begin + entry.bytes > bytes) throw new Error(`"${entry.name}" reaches beyond the end of the file; download it again`);
  return begin;
}

async function findDirectory(handle: FileHandle, bytes: number): Promise<{ count: number; size: number; offset: number }> {
  const length = Math.min(bytes, endSize + longestComment);
  const tail = await readPart(handle, bytes - length, length);
  let at = length - endSize;
  while (at >= 0 && !(tail.getUint32(at, true) === 0x06054b50 && at + endSize + tail.getUint16(at + 20, true) === length)) at--;
  if (at < 0) throw new Error("the archive has no directory at its end: the file is cut off; copy or download it again");
  let count = tail.getUint16(at + 10, true);
  let size = tail.getUint32(at + 12, true);
  let offset = tail.getUint32(at + 16, true);
  if (count === 0xffff || size === 0xffffffff || offset === 0xffffffff) {
    const locator = await readPart(handle, bytes - length + at - 20, 20);
    if (locator.getUint32(0, true) !== 0x07064b50)
      throw new Error("the archive is large but has no zip64 directory; download it again");
    const wide = await readPart(handle, Number(locator.getBigUint64(8, true)), 56);
    if (wide.getUint32(0, true) !== 0x06064b50) throw new Error("the archive's zip64 directory is not where it is said to be");
    count = Number(wide.getBigUint64(32, true));
    size = Number(wide.getBigUint64(40, true));
    offset = Number(wide.getBigUint64(48, true));
  }
  if (offset + size > bytes || count * centralSize > size)
    throw new Error(`the archive's directory (${count} files in ${size} bytes from ${offset}) does not fit in ${bytes} bytes`);
  return { count, size, offset };
}

function parseEntry(view: DataView, at: number, end: number): { entry: ZipEntry; length: number } {
  if (at + centralSize > view.byteLength || view.getUint32(at, true) !== 0x02014b50)
    throw new Error("the archive's directory is damaged; download the file again");
  const nameLength = view.getUint16(at + 28, true);
  const extraLength = view.getUint16(at + 30, true);
  const length = centralSize + nameLength + extraLength + view.getUint16(at + 32, true);
  if (at + length > view.byteLength) throw new Error("the archive's directory is damaged; download the file again");
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + centralSize, nameLength));
  checkArchiveName(name);
  const method = view.getUint16(at + 10, true);
  if (view.getUint16(at + 8, true) & 1) throw new Error(`"${name}" is encrypted; save the file without a password`);
  if (method !== 0)
    throw new Error(`"${name}" is compressed (method ${method}); PyTorch stores files as they are: pack it with zip -0`);
  const extra = { from: at + centralSize + nameLength, end: at + centralSize + nameLength + extraLength };
  const [bytes = 0, stored = 0, header = 0] = wideFields(view, extra, [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ]);
  if (bytes !== stored) throw new Error(`"${name}" has ${bytes} bytes and ${stored} stored ones; download the file again`);
  if (header + localSize + bytes > end)
    throw new Error(`"${name}" reaches into the archive's directory; download the file again`);
  return { entry: { name, bytes, header }, length };
}

/** Fields that stand as all ones in the directory have their true value in the zip64 extra field (id 1), in this order. */
function wideFields(view: DataView, extra: { from: number; end: number }, fields: readonly number[]): number[] {
  if (!fields.includes(0xffffffff)) return [...fields];
  for (let at = extra.from; at + 4 <= extra.end; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let next = at + 4;
    const end = Math.min(extra.end, next + view.getUint16(at + 2, true));
    return fields.map((field) => {
      if (field !== 0xffffffff) return field;
      if (next + 8 > end) throw new Error("a zip64 field of the archive's directory is cut off; download the file again");
      const value = Number(view.getBigUint64(next, true));
      next += 8;
      return value;
    });
  }
  throw new Error("a zip64 field of the archive's directory is missing; download the file again");
}

function checkOverlap(entries: readonly ZipEntry[], directory: number): void {
  const sorted = [...entries].sort((a, b) => a.header - b.header);
  sorted.forEach((entry, i) => {
    const next = sorted[i + 1];
    const end = entry.header + localSize + entry.bytes;
    if (end > (next?.header ?? directory))
      throw new Error(`"${entry.name}" overlaps ${next ? `"${next.name}"` : "the archive's directory"}; download the file again`);
  });
}

async function readPart(handle: FileHandle, begin: number, bytes: number): Promise<DataView> {
  if (!Number.isSafeInteger(begin) || begin < 0) throw new Error("the archive points outside itself; download the file again");
  const part = new Uint8Array(bytes);
  if ((await readAt(handle, part, begin)) < bytes) throw new Error("the archive is cut off; download the file again");
  return new DataView(part.buffer);
}
