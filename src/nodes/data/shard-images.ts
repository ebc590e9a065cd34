import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { readAt } from "../files/open-file.js";
import { tarIndex } from "../files/tar-index.js";
import type { TarEntry } from "../files/tar-index.js";
import type { ImageCollection } from "./image-collection.js";

/** Which samples of an archive are used, and where their class stands. */
export interface ShardOptions {
  readonly label: "cls" | "folder" | "none";
  /** Beginning of the names of entries to use. */
  readonly within: string;
}

interface Sample {
  readonly archive: string;
  readonly key: string;
  readonly image: TarEntry;
  readonly label: number;
}

const extensions = new Set(["jpg", "jpeg", "png", "webp"]);

/** The images of tar archives in the order of archives and entries; `where` names them. Throws an Error where a sample has no class. */
export async function shardImages(archives: readonly string[], where: string, options: ShardOptions): Promise<ImageCollection> {
  const handles = new Map<string, FileHandle>();
  const samples: Sample[] = [];
  const close = async (): Promise<void> => {
    await Promise.all([...handles.values()].map((handle) => handle.close()));
    handles.clear();
  };
  try {
    for (const archive of archives) {
      const handle = await open(archive, "r");
      handles.set(archive, handle);
      for (const sample of await samplesOf(archive, handle, options)) samples.push(sample);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const folders = options.label === "folder" ? foldersOf(samples) : undefined;
  const sampleOf = (index: number): Sample => {
    const sample = samples[index];
    if (!sample) throw new Error(`no image ${index} among ${samples.length}`);
    return sample;
  };
  return {
    where,
    count: samples.length,
    names: samples.map(({ archive, image }) => `${basename(archive)}/${image.name}`),
    nameOf: (index) => `${sampleOf(index).archive}: ${sampleOf(index).image.name}`,
    labelOf: (index) => folders?.get(folderOf(sampleOf(index).key)) ?? sampleOf(index).label,
    read: (index) => readEntry(handles.get(sampleOf(index).archive), sampleOf(index).image),
    close,
  };
}

/** Entries with one name up to the first dot of their last part are one sample. */
async function samplesOf(archive: string, handle: FileHandle, options: ShardOptions): Promise<Sample[]> {
  const byKey = new Map<string, Map<string, TarEntry>>();
  for (const entry of await tarIndex(archive)) {
    const name = entry.name.replace(/^\.\//, "");
    const [, key = "", extension = ""] = /^((?:.*\/)?[^/.]+)\.(.+)$/.exec(name) ?? [];
    if (!name.startsWith(options.within) || key === "") continue;
    const files = byKey.get(key) ?? new Map<string, TarEntry>();
    byKey.set(key, files.set(extension.toLowerCase(), entry));
  }
  const samples: Sample[] = [];
  for (const [key, files] of byKey) {
    const image = [...files].find(([extension]) => extensions.has(extension))?.[1];
    if (!image) continue;
    const label = options.label === "cls" ? await readClass(archive, handle, key, files.get("cls")) : 0;
    samples.push({ archive, key, image, label });
  }
  return samples;
}

async function readClass(archive: string, handle: FileHandle, key: string, entry: TarEntry | undefined): Promise<number> {
  const cure = "set label to folder or none, or mend the archive";
  if (!entry) throw new Error(`${archive}: sample "${key}" has no .cls file; ${cure}`);
  const text = new TextDecoder().decode(await readEntry(handle, entry)).trim();
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${archive}: "${key}.cls" is ${JSON.stringify(text)}, expected a number; ${cure}`);
  return Number(text);
}

async function readEntry(handle: FileHandle | undefined, { name, offset, size }: TarEntry): Promise<Uint8Array> {
  if (!handle) throw new Error("the archive is closed");
  const bytes = new Uint8Array(size);
  if ((await readAt(handle, bytes, offset)) < size) throw new Error(`${name} is cut short; fetch the archive again`);
  return bytes;
}

/** The folder that a sample lies in. */
function folderOf(key: string): string {
  return key.split("/").at(-2) ?? "";
}

/** Folders by their place among all, in the order of their names. */
function foldersOf(samples: readonly Sample[]): ReadonlyMap<string, number> {
  const names = [...new Set(samples.map(({ key }) => folderOf(key)))].sort((a, b) => (a < b ? -1 : 1));
  return new Map(names.map((name, index) => [name, index]));
}
