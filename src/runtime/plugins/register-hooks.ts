import { createRequire, register } from "node:module";
import { pathToFileURL } from "node:url";

let registered = false;

/** From here on modules may be TypeScript, and `raegraph` in them is the copy that is running: one registry of tensors, one zod. */
export function registerHooks(): void {
  if (registered) return;
  registered = true;
  register(new URL("./hooks.js", import.meta.url), { data: addresses() });
}

/** Where the running copies lie, by the names that plugins import them by. */
export function addresses(): Readonly<Record<"raegraph" | "raegraph/testing" | "@tensorflow/tfjs-core", string>> {
  const tensors = createRequire(import.meta.url).resolve("@tensorflow/tfjs-core");
  return {
    raegraph: new URL("../../index.js", import.meta.url).href,
    "raegraph/testing": new URL("../testing/index.js", import.meta.url).href,
    "@tensorflow/tfjs-core": pathToFileURL(tensors).href,
  };
}
