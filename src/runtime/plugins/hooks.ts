/** Hooks of Node's module loader, run in its own thread: `raegraph` means the running copy, and TypeScript files load as they are. */
import { readFile } from "node:fs/promises";
import type { InitializeHook, LoadHook, ResolveHook } from "node:module";
import { fileURLToPath } from "node:url";
import { transpileCached } from "./transpile-cached.js";

let own: Readonly<Record<string, string>> = {};

/** Gets the addresses of the running copies, by the names that plugins import them by. */
export const initialize: InitializeHook<Readonly<Record<string, string>>> = (addresses) => {
  own = addresses;
};

/** A name as its address; `./x.js` and `./x` also mean `./x.ts`, as TypeScript has it. */
export const resolve: ResolveHook = async (name, context, next) => {
  const address = own[name];
  if (address !== undefined) return { url: address, shortCircuit: true };
  try {
    return await next(name, context);
  } catch (error) {
    const inTypeScript = /^\.{1,2}\//.test(name) && typescript.test(withoutQuery(context.parentURL ?? ""));
    const other = inTypeScript ? name.replace(/(\.js)?$/, ".ts") : name;
    if (other === name) throw error;
    try {
      return await next(other, context);
    } catch {
      throw error;
    }
  }
};

/** A TypeScript file without its types. */
export const load: LoadHook = async (url, context, next) => {
  if (!url.startsWith("file:") || !typescript.test(withoutQuery(url))) return next(url, context);
  const file = fileURLToPath(withoutQuery(url));
  return { format: "module", source: await transpileCached(await readFile(file, "utf8"), file), shortCircuit: true };
};

const typescript = /\.m?ts$/;

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/, "");
}
