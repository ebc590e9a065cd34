import { randomInt } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { errorCode } from "../error-code.js";
import { UsageError } from "../usage-error.js";

/**
 * Makes a new run folder: `given`, if the user chose one, else `base/<graph>/<date>_<time>-<3 letters>`; times are UTC, so names
 * sort by age.
 */
export async function makeRunFolder(base: string, graph: string, now: Date, given?: string): Promise<string> {
  if (given !== undefined) {
    await mkdir(given, { recursive: true });
    return resolve(given);
  }
  const parent = resolve(base, safeName(graph));
  await mkdir(parent, { recursive: true });
  for (;;) {
    const folder = join(parent, `${stamp(now)}-${letters(3)}`);
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
  }
}

/** Throws a UsageError where something is in the folder that the user chose for a new run. */
export async function checkGivenFolder(folder: string): Promise<void> {
  const entries = await readdir(folder).catch(() => []);
  if (entries.length > 0)
    throw new UsageError(`run folder ${folder} is not empty; choose another --run-dir, or go on in it with --resume auto`);
}

/** Run folders of a graph, newest first. */
export async function listRunFolders(base: string, graph: string): Promise<string[]> {
  const parent = resolve(base, safeName(graph));
  const names = await readdir(parent).catch(() => []);
  return names
    .filter((name) => /^\d{4}-\d\d-\d\d_/.test(name))
    .sort()
    .reverse()
    .map((name) => join(parent, name));
}

/** A graph's name as a folder's name. */
function safeName(name: string): string {
  return name.replace(/[^\w.-]+/g, "-").replace(/^\.+/, "") || "graph";
}

/** `2026-11-23_22-19-13` */
function stamp(now: Date): string {
  return now.toISOString().slice(0, 19).replace("T", "_").replaceAll(":", "-");
}

function letters(count: number): string {
  const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join("");
}
