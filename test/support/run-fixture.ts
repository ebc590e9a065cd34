import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadGraph, runGraph } from "../../src/index.js";
import type { RunResult } from "../../src/index.js";
import type { HostArray } from "../../src/core/tensor.js";
import { readSafetensors } from "../../src/nodes/files/safetensors.js";

/** Arrays of a fixture's file, e.g. `sampling/io`. */
export function fixtureArrays(name: string): Promise<ReadonlyMap<string, HostArray>> {
  return readSafetensors(fixturePath(`${name}.safetensors`));
}

/** Full path of a file below test/fixtures. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** What a run of a fixture's graph left. */
export interface FixtureRun {
  readonly result: RunResult;
  /** Arrays that the graph wrote to `vars.out`. */
  readonly arrays: ReadonlyMap<string, HostArray>;
}

/** Runs a fixture's graph, e.g. `sampling/sampling`, as `graph run` does, and reads the file that it wrote; `look` sees the run folder. */
export async function runFixture(
  name: string,
  backend: string,
  overrides: readonly string[],
  look: (folder: string) => Promise<void> = async () => undefined,
): Promise<FixtureRun> {
  const folder = await mkdtemp(join(tmpdir(), "fixture-"));
  try {
    const out = join(folder, "out.safetensors");
    const graph = await loadGraph(fixturePath(`${name}.yaml`), { overrides: [`vars.out=${out}`, ...overrides] });
    const result = await runGraph(graph, { backend, runDir: join(folder, "run") });
    await look(join(folder, "run"));
    return { result, arrays: await readSafetensors(out) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
