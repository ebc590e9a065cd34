import { chunksOf } from "./chunks.js";

/** A file that the page's server offers: its path in the page, below `/`, and its size in bytes. */
export type FileList = Readonly<Record<string, number>>;

/** Called while a file comes over the network. */
export type OnBytes = (file: string, loaded: number, total: number) => void;

let base = "";
let sizes: FileList = {};
let onBytes: OnBytes = () => undefined;
const edited = new Map<string, string>();
const fetched = new Map<string, Promise<Uint8Array>>();

/** Says where files come from: `<address>/<path>` for each of the list. */
export function offerFiles(address: string, list: FileList, progress: OnBytes): void {
  base = address;
  sizes = list;
  onBytes = progress;
}

/** Puts a text in a file's place: what the editor holds. */
export function editFile(path: string, text: string): void {
  edited.set(path, text);
}

/** The size of a file; undefined where there is none. */
export function sizeOfFile(path: string): number | undefined {
  const text = edited.get(path);
  return text === undefined ? sizes[path] : new TextEncoder().encode(text).byteLength;
}

/** Names in a folder; undefined where there is no such folder. */
export function namesIn(folder: string): readonly string[] | undefined {
  const start = folder === "/" ? "/" : `${folder}/`;
  const inside = Object.keys(sizes).filter((path) => path.startsWith(start));
  if (inside.length === 0) return undefined;
  return [...new Set(inside.map((path) => path.slice(start.length).split("/")[0] ?? ""))];
}

/** A file's bytes, fetched once. Rejects as Node's file functions do, with a `code`, where there is no such file. */
export function bytesOf(path: string): Promise<Uint8Array> {
  const text = edited.get(path);
  if (text !== undefined) return Promise.resolve(new TextEncoder().encode(text));
  const total = sizes[path];
  if (total === undefined) return Promise.reject(noSuchFile(path));
  let bytes = fetched.get(path);
  if (!bytes) {
    bytes = fetchFile(path, total);
    // A failed download is tried again at the next start.
    bytes.catch(() => fetched.delete(path));
    fetched.set(path, bytes);
  }
  return bytes;
}

/** The error of Node for a file that is not there; the page can only reach what its server offers. */
export function noSuchFile(path: string): Error {
  return Object.assign(new Error(`${path}: not among the files of this page; start it again with a graph that names it`), {
    code: "ENOENT",
  });
}

async function fetchFile(path: string, total: number): Promise<Uint8Array> {
  const address = `${base}${path.split("/").map(encodeURIComponent).join("/")}`;
  const response = await fetch(address).catch((error: unknown) => {
    throw new Error(`${path} did not arrive (${String(error)}); is the page's server still running?`);
  });
  if (!response.ok || !response.body) throw new Error(`${path} did not arrive: the server answered ${response.status}`);
  const bytes = new Uint8Array(total);
  let loaded = 0;
  for await (const chunk of chunksOf(response.body)) {
    if (loaded + chunk.byteLength > total) throw new Error(`${path} is longer than its server announced; load the page again`);
    bytes.set(chunk, loaded);
    loaded += chunk.byteLength;
    onBytes(path, loaded, total);
  }
  if (loaded < total) throw new Error(`${path} broke off after ${loaded} of ${total} bytes; load the page again`);
  return bytes;
}
