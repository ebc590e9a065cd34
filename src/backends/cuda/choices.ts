import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { FoundCuda } from "./find-cuda.js";
import type { Gpu } from "./gpu.js";
import { cacheFolder, readSource } from "./sources.js";

/** Runs of a way that are timed together. */
const trials = 3;

/** Which of several ways to the same result is the fastest on this device, by what is asked for. */
export interface Choices {
  /** The way that was chosen for this key. */
  known(key: string): number | undefined;
  /**
   * The way that is known; else the fastest of these, each tried once and then timed; undefined where the device takes none. Within a
   * capture nothing can be timed, so that a key not met before gives the first way, which is not kept.
   */
  fastest(key: string, ways: readonly (() => void)[]): number | undefined;
}

/**
 * Choices are kept in a file, where one is given: who tried first decides for later runs too, so these give the same bits. A file that
 * cannot be read or written costs time only.
 */
export function makeChoices(gpu: Gpu, file?: string): Choices {
  const known = file === undefined ? new Map<string, number>() : read(file);
  return {
    known: (key) => known.get(key),
    fastest(key, ways) {
      const before = known.get(key);
      if (before !== undefined && before < ways.length) return before;
      if (ways.length === 1 || gpu.capturing) return 0;
      const best = fastestOf(gpu, ways);
      if (best === undefined) return undefined;
      known.set(key, best);
      // What other processes have found meanwhile stays.
      if (file !== undefined) write(file, new Map([...read(file), ...known]));
      return best;
    },
  };
}

/** Where choices are kept that hold for this device, these libraries and our own kernels as they are. */
export function choicesFile({ name, architecture }: Gpu, { compiler, cublasLt, cudnn }: FoundCuda): string {
  const parts = [
    name,
    compiler.version,
    cublasLt?.version,
    cudnn?.version,
    readSource("flash"),
    readSource("heads"),
    readSource("gemm"),
  ];
  const key = createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 32);
  return join(cacheFolder(), `choices-${architecture}-${key}.json`);
}

function fastestOf({ driver, stream }: Gpu, ways: readonly (() => void)[]): number | undefined {
  const [start, end] = [driver.make("cuEventCreate", 0), driver.make("cuEventCreate", 0)];
  let best: number | undefined;
  let least = Infinity;
  for (const [i, way] of ways.entries()) {
    try {
      way();
    } catch {
      // Offered and yet refused: the next one.
      continue;
    }
    driver.call("cuEventRecord", start, stream);
    for (let trial = 0; trial < trials; trial++) way();
    driver.call("cuEventRecord", end, stream);
    driver.call("cuEventSynchronize", end);
    const time = driver.milliseconds(start, end);
    if (time < least) [best, least] = [i, time];
  }
  for (const event of [start, end]) driver.call("cuEventDestroy_v2", event);
  return best;
}

function read(file: string): Map<string, number> {
  try {
    const entries = Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>);
    return new Map(entries.filter((entry): entry is [string, number] => Number.isInteger(entry[1])));
  } catch {
    return new Map();
  }
}

function write(file: string, known: ReadonlyMap<string, number>): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, `${JSON.stringify(Object.fromEntries(known), null, 1)}\n`);
    renameSync(fresh, file);
  } catch {
    // Tried anew next time.
  }
}
