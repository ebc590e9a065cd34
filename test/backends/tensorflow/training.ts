import { rm } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "@jest/globals";

import { loadGraph, runGraph } from "../../../src/index.js";
import { readLosses } from "../../acceptance/metrics.js";
import { changed, tinyFolder } from "../../acceptance/tiny.js";

/** Trains and samples a small graph on `tensorflow`, does `then`, and expects the losses of `reference`. */
export async function expectTraining(then: () => void): Promise<void> {
  const folder = await tinyFolder(changed(["steps: 20", "steps: 4"], ["every: 10", "every: 4"]));
  const train = async (backend: string): Promise<number[]> => {
    const runDir = join(folder, backend);
    await runGraph(await loadGraph(join(folder, "tiny.yaml")), { backend, runDir });
    return readLosses(runDir);
  };
  const ours = await train("tensorflow");
  then();
  const theirs = await train("reference");
  expect(ours).toHaveLength(4);
  ours.forEach((loss, i) => expect(Math.abs(loss / (theirs[i] ?? NaN) - 1)).toBeLessThan(1e-5));
  await rm(folder, { recursive: true });
}
