import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** The file to load for a plugin. */
export interface FoundPlugin {
  readonly file: string;
  /** Of a package. */
  readonly version?: string;
}

interface Manifest {
  readonly version?: string;
  readonly raegraph?: { readonly nodes?: unknown };
}

/**
 * Finds the file of a plugin: a path counts from the folder of `fromFile`; a package is looked for in the `node_modules` of that folder,
 * of those above it, and of the current directory. A package, or a folder, says in its package.json which file to load. Throws an Error
 * with the cure.
 */
export async function findPlugin(spec: string, fromFile: string): Promise<FoundPlugin> {
  if (isPath(spec)) {
    const path = resolve(dirname(fromFile), spec);
    const entry = await stat(path).catch(() => undefined);
    if (entry === undefined) throw new Error(`no such file: ${path}; paths count from the file that names them`);
    return { file: entry.isDirectory() ? (await readManifest(path)).file : path };
  }
  if (!/^(@[\w.-]+\/)?[\w.-]+$/.test(spec))
    throw new Error("neither a path nor a package's name; write ./my-nodes.ts or my-package");
  for (const start of new Set([dirname(fromFile), process.cwd()]))
    for (let folder = start; ; folder = dirname(folder)) {
      const found = join(folder, "node_modules", spec);
      if (await stat(found).catch(() => undefined)) return readManifest(found);
      if (folder === dirname(folder)) break;
    }
  const near = await stat(resolve(dirname(fromFile), `${spec}.ts`)).catch(() => undefined);
  throw new Error(
    `no such package is installed; ${near ? `did you mean "./${spec}.ts"?` : `npm install ${spec}, or write a path that starts with ./`}`,
  );
}

/** True for what is a path and not a package's name. */
export function isPath(spec: string): boolean {
  return /^\.{0,2}[\\/]|^\.{1,2}$|^[A-Za-z]:[\\/]/.test(spec) || /\.[mc]?[jt]s$/.test(spec);
}

async function readManifest(folder: string): Promise<FoundPlugin> {
  const file = join(folder, "package.json");
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) throw new Error(`${folder} has no package.json; name the file itself`);
  const manifest = parseManifest(text, file);
  const nodes = manifest.raegraph?.nodes;
  if (typeof nodes !== "string" || nodes === "")
    throw new Error(`${file} does not say which file to load; add "raegraph": { "nodes": "./dist/nodes.js" }`);
  const entry = resolve(folder, nodes);
  if (!(await stat(entry).catch(() => undefined))?.isFile())
    throw new Error(`${file} names ${nodes}, which does not exist; build the package, or correct the entry`);
  return manifest.version === undefined ? { file: entry } : { file: entry, version: manifest.version };
}

function parseManifest(text: string, file: string): Manifest {
  try {
    return JSON.parse(text) as Manifest;
  } catch {
    throw new Error(`${file} is not valid JSON`);
  }
}
