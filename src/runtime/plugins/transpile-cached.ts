import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Beside the command's own code cache; no part of the package. */
const folder = fileURLToPath(new URL("../../bundle/cache/typescript/", import.meta.url));

/**
 * TypeScript as JavaScript. What was made of a file is kept with the file's text, so that the transpiler is loaded for files only that
 * are new or were changed. Throws a SyntaxError with the place.
 */
export async function transpileCached(text: string, file: string): Promise<string> {
  const kept = join(folder, `${fileMark(file)}.json`);
  const known = await readKept(kept);
  if (known?.text === text) return known.code;
  const { transpile } = await import("./transpile.js");
  const code = transpile(text, file);
  await keep(kept, { text, code });
  return code;
}

interface Kept {
  readonly text: string;
  readonly code: string;
}

async function readKept(file: string): Promise<Kept | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Kept;
  } catch {
    return undefined;
  }
}

/** Where the folder cannot be written, plugins only load slower. */
async function keep(file: string, made: Kept): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, JSON.stringify(made));
    await rename(temporary, file);
  } catch {
    // Tried again the next time.
  }
}

/** A name for a path: FNV-1a, for paths that share a name only take turns. */
function fileMark(file: string): string {
  let mark = 0x811c9dc5;
  for (let i = 0; i < file.length; i++) mark = Math.imul(mark ^ file.charCodeAt(i), 0x01000193);
  return (mark >>> 0).toString(16);
}
