import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { compilerOptions } from "./nvrtc.js";
import type { Compiler } from "./nvrtc.js";

/** The folder of the kernels' sources: they are read at run time, so the package carries them as they are. */
const folder = fileURLToPath(new URL("../../../src/backends/cuda/cu/", import.meta.url));

/** The names of all sources, without their ending. */
export function sourceNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".cu"))
    .map((file) => file.slice(0, -3))
    .sort();
}

/** A source with what it includes in place. */
export function readSource(name: string): string {
  const seen = new Set<string>();
  const expand = (file: string): string =>
    readFileSync(join(folder, file), "utf8")
      .replace(/^#pragma once$/m, "")
      .replace(/^#include "([^"]+)"$/gm, (_line, included: string) => {
        if (seen.has(included)) return "";
        seen.add(included);
        return expand(included);
      });
  return expand(`${name}.cu`);
}

/** Where compiled kernels are kept between runs; the variable RAEGRAPH_CUDA_CACHE names another folder. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env["RAEGRAPH_CUDA_CACHE"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "raegraph", "cuda");
}

/** The machine code of a source, from the cache where the same text was compiled before by the same compiler with the same options. */
export function compiled(compiler: Compiler, name: string, architecture: string, cache: string = cacheFolder()): Uint8Array {
  const source = readSource(name);
  const parts = [source, compilerOptions.join(" "), architecture, compiler.version];
  const key = createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 32);
  const file = join(cache, `${name}-${architecture}-${key}.cubin`);
  try {
    return readFileSync(file);
  } catch {
    // Not compiled before.
  }
  const image = compiler.compile(source, `${name}.cu`, architecture);
  try {
    mkdirSync(cache, { recursive: true });
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, image);
    renameSync(fresh, file);
  } catch {
    // A cache that cannot be written costs time only.
  }
  return image;
}
