import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { runNode } from "./graph-command.js";
import type { Ended } from "./graph-command.js";

/** The package as it is shipped, below the project, where its libraries and its package.json are found. */
export interface Bundled {
  /** Address of the package's face. */
  readonly face: string;
  /** Runs `graph` in a folder. */
  graph(folder: string, ...args: string[]): Promise<Ended>;
}

/** Bundles the package, for plugins need its real doors. `name` keeps test files apart that run at once. */
export async function bundled(name: string): Promise<Bundled> {
  const folder = resolve("build/test", name);
  await promisify(execFile)(process.execPath, ["scripts/bundle.mjs", folder], { env: { ...process.env, NODE_OPTIONS: "" } });
  return {
    face: resolve(folder, "index.js"),
    graph: (cwd, ...args) => runNode([resolve(folder, "graph.cjs"), ...args], cwd),
  };
}
