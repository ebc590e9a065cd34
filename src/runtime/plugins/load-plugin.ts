import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PluginMistakes } from "../../core/language/load-plugins.js";
import { nearNames } from "../../core/near-names.js";
import { fusedOps } from "../../core/ops/index.js";
import type { Plugin } from "../../core/plugin.js";
import { errorCode } from "../error-code.js";
import { messageOf } from "../run/failure.js";
import { findPlugin } from "./find-plugin.js";
import { readExports } from "./read-exports.js";
import { addresses, registerHooks } from "./register-hooks.js";

/** Ops of plugins loaded so far, by kernel: a kernel's name means one op in the whole process. */
const kernels = new Map<string, string>();

/**
 * Loads a plugin: a TypeScript or JavaScript file, or a package with a `raegraph` entry in its package.json. Throws an Error that says
 * what is wrong and the cure, or PluginMistakes where several things are.
 */
export async function loadPlugin(spec: string, fromFile: string): Promise<Plugin> {
  const { file, version } = await findPlugin(spec, fromFile);
  registerHooks();
  const found = readExports(await importModule(file));
  const taken = found.ops.flatMap(({ kernel }) => {
    const owner = fusedOps.has(kernel) ? "raegraph itself" : kernels.get(kernel);
    return owner === undefined || owner === file ? [] : [`op "${kernel}" is already defined by ${owner}; rename it`];
  });
  if (taken.length > 0) throw new PluginMistakes(taken);
  for (const { kernel } of found.ops) kernels.set(kernel, file);
  return { name: spec, file, ...(version === undefined ? {} : { version }), ...found };
}

async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const message = `it failed while loading: ${await explain(error, file)}`;
    throw new Error(message, { cause: error });
  }
}

/** The message of what a module threw, with its place in the plugin, and for what it imports wrongly the cure. */
async function explain(error: unknown, file: string): Promise<string> {
  const message = messageOf(error);
  const [, missing] = /^The requested module 'raegraph' does not provide an export named '(\w+)'/.exec(message) ?? [];
  if (missing !== undefined) {
    const names = Object.keys((await import(addresses().raegraph)) as object);
    const near = nearNames(missing, names).map((name) => `"${name}"`);
    return `raegraph has no "${missing}"${near.length > 0 ? `; did you mean ${near.join(" or ")}?` : ""}`;
  }
  if (errorCode(error) === "ERR_MODULE_NOT_FOUND")
    return `${message.replaceAll(/ imported from .*$/g, "")}; install it, or correct the import`;
  return `${message}${placeIn(error, file)}`;
}

/** ` (nodes.ts:3:7)`: the topmost frame of the stack that lies in the plugin. */
function placeIn(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const [, line, column] = new RegExp(`${escape(pathToFileURL(file).href)}:(\\d+):?(\\d+)?`).exec(stack) ?? [];
  return line === undefined
    ? ""
    : ` (${relative(process.cwd(), fileURLToPath(pathToFileURL(file)))}:${line}${column === undefined ? "" : `:${column}`})`;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
