/** What nodes use of `node:fs/promises`, over the files that the page's server offers. The bundler puts it in that module's place. */
import { bytesOf, namesIn, noSuchFile, sizeOfFile } from "./files.js";

interface Entry {
  readonly name: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly mtime: Date;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** An open file, read by position. */
export interface FileHandle {
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  stat(): Promise<Entry>;
  close(): Promise<void>;
}

export async function stat(path: string): Promise<Entry> {
  const size = sizeOfFile(path);
  if (size === undefined && !namesIn(path)) throw noSuchFile(path);
  return entry(path, size);
}

export async function readFile(path: string): Promise<Uint8Array>;
export async function readFile(path: string, encoding: "utf8"): Promise<string>;
export async function readFile(path: string, encoding?: "utf8"): Promise<string | Uint8Array> {
  const bytes = await bytesOf(path);
  return encoding ? new TextDecoder().decode(bytes) : bytes.slice();
}

export async function open(path: string, flags = "r"): Promise<FileHandle> {
  if (flags !== "r") throw readOnly(path);
  if (sizeOfFile(path) === undefined) throw noSuchFile(path);
  return {
    async read(target, offset, length, position) {
      const part = (await bytesOf(path)).subarray(position, position + length);
      target.set(part, offset);
      return { bytesRead: part.byteLength };
    },
    stat: () => stat(path),
    close: () => Promise.resolve(),
  };
}

export async function readdir(path: string): Promise<string[]>;
export async function readdir(path: string, options: { readonly withFileTypes: true }): Promise<Entry[]>;
export async function readdir(path: string, options?: { readonly withFileTypes: true }): Promise<string[] | Entry[]> {
  const names = namesIn(path);
  if (!names) throw noSuchFile(path);
  return options ? names.map((name) => entry(name, sizeOfFile(`${path}/${name}`))) : [...names];
}

export function realpath(path: string): Promise<string> {
  return Promise.resolve(path);
}

export async function mkdir(path: string): Promise<void> {
  throw readOnly(path);
}
export async function rename(path: string): Promise<void> {
  throw readOnly(path);
}
export async function rm(path: string): Promise<void> {
  throw readOnly(path);
}
export async function writeFile(path: string): Promise<void> {
  throw readOnly(path);
}

function entry(name: string, size: number | undefined): Entry {
  return {
    name,
    size: size ?? 0,
    mtimeMs: 0,
    mtime: new Date(0),
    isFile: () => size !== undefined,
    isDirectory: () => size === undefined,
    isSymbolicLink: () => false,
  };
}

function readOnly(path: string): Error {
  return Object.assign(new Error(`${path}: a page cannot write files there; run this phase with \`graph run\``), {
    code: "EROFS",
  });
}
