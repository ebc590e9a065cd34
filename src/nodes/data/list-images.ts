import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { refusalOf } from "../files/error-text.js";

/** An image below a folder; `path` is relative to it, with forward slashes. */
export interface ImageFile {
  readonly path: string;
  readonly label: number;
}

/** All images below a folder in the order of their paths, and the number of classes. */
export interface ImageList {
  readonly files: readonly ImageFile[];
  readonly classes: number;
}

/**
 * JPEG, PNG and WebP files below a folder. The class is the index of the first sub-folder among all of them in the order of
 * their names; without sub-folders it is 0. Hidden entries are left out, links are followed. Throws an Error where there is no image,
 * or where images lie beside class folders.
 */
export async function listImages(folder: string): Promise<ImageList> {
  const top = await entriesOf(folder, folder);
  const classes = top.filter((entry) => entry.folder).map((entry) => entry.name);
  const flat = top.filter((entry) => !entry.folder && isImage(entry.name));
  const files: ImageFile[] = [];
  for (const [label, name] of classes.entries())
    for (const path of await walk(folder, name, [await realpath(folder)])) files.push({ path, label });
  if (flat.length > 0 && files.length > 0)
    throw new Error(`${folder}: image ${flat[0]?.name} lies beside folders of classes; move it into one of them or away`);
  if (flat.length > 0) return { files: flat.map(({ name }) => ({ path: name, label: 0 })), classes: 1 };
  if (files.length === 0)
    throw new Error(`${folder}: no image in it; expected ${[...extensions].join(", ")} files, in sub-folders by class`);
  return { files: files.sort((a, b) => byCode(a.path, b.path)), classes: classes.length };
}

const extensions = new Set([".jpg", ".jpeg", ".png", ".webp"]);

interface Entry {
  readonly name: string;
  readonly folder: boolean;
}

/** Images below `path`. `above` are the real paths of the folders on the way, where a link back would never end. */
async function walk(root: string, path: string, above: readonly string[]): Promise<string[]> {
  const real = await realpath(join(root, path));
  if (above.includes(real)) return [];
  const found: string[] = [];
  for (const { name, folder } of await entriesOf(root, join(root, path))) {
    if (folder) for (const deeper of await walk(root, `${path}/${name}`, [...above, real])) found.push(deeper);
    else if (isImage(name)) found.push(`${path}/${name}`);
  }
  return found;
}

/** Files and folders of a folder in the order of their names. */
async function entriesOf(root: string, folder: string): Promise<Entry[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    const where = folder === root ? "" : ` (${folder})`;
    throw new Error(`${root}${where}: ${refusalOf(error)}; expected a folder of images, its path counted from the graph file`);
  });
  const visible = entries.filter((entry) => !entry.name.startsWith("."));
  const kinds = visible.map(async (entry): Promise<Entry> => {
    const target = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => undefined) : entry;
    return { name: entry.name, folder: target?.isDirectory() ?? false };
  });
  return (await Promise.all(kinds)).sort((a, b) => byCode(a.name, b.name));
}

function isImage(name: string): boolean {
  return extensions.has(extname(name).toLowerCase());
}

/** Plain code-unit order: the same on every machine, unlike a locale's. */
function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
