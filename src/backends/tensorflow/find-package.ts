import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** An installed package with TensorFlow's C library. */
export interface FoundPackage {
  readonly name: string;
  /** Its name and version. */
  readonly text: string;
  /** Loads it: it makes itself known to tfjs. */
  load(): void;
}

const names = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"];

/**
 * The package, the one for GPUs first; else what is missing and how to get it. It is looked for beside raegraph, or in the folder that the
 * variable RAEGRAPH_TENSORFLOW names.
 */
export function findPackage(env: NodeJS.ProcessEnv = process.env, nodeVersion = process.versions.node): FoundPackage | string {
  const folder = env["RAEGRAPH_TENSORFLOW"];
  const require = createRequire(folder === undefined ? import.meta.url : join(folder, "package.json"));
  for (const name of names) {
    let file: string;
    try {
      file = require.resolve(`${name}/package.json`);
    } catch {
      continue;
    }
    if (Number(nodeVersion.split(".")[0]) >= 23)
      return `${name} 4.22 does not run on Node ${nodeVersion} (it calls what Node 23 removed); use Node 20 or 22`;
    if (!existsSync(join(dirname(file), "lib")))
      return `${name} is installed without its native binding; run \`npm rebuild ${name}\`, which downloads TensorFlow's C library 2.9.1`;
    const { version } = require(file) as { version: string };
    return { name, text: `${name} ${version}`, load: () => void require(name) };
  }
  return "neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed; `npm install @tensorflow/tfjs-node-gpu@4.22.0` brings TensorFlow's C library 2.9.1 and uses CUDA 11.2 with cuDNN 8.1 (Linux or Windows on x64, Node 22 or older)";
}
