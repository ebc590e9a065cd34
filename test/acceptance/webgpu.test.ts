import { access, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { loadGraph, runGraph } from "../../src/index.js";
import { withWebGpu } from "../backends/webgpu/with-webgpu.js";
import { readLosses } from "./metrics.js";
import { tinyFolder } from "./tiny.js";

withWebGpu("the same graph on webgpu", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await tinyFolder();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("a tensor that the device cannot hold is refused before anything is written", async () => {
    const graph = await loadGraph(join(folder, "tiny.yaml"), { overrides: ["dit.num_classes=2000000000"] });
    const runDir = join(folder, "refused");
    await expect(runGraph(graph, { backend: "webgpu", runDir })).rejects.toThrow(/G601.*embedding_table.* takes 61,035 MiB/);
    await expect(access(runDir)).rejects.toThrow("ENOENT");
  });

  test("its losses are those of wasm; steps are replayed, and a check finds them equal bit for bit", async () => {
    const overrides = ["train.steps=12", "~phases.sample"];
    const run = async (backend: string): Promise<number[]> => {
      const runDir = join(folder, backend);
      await runGraph(await loadGraph(join(folder, "tiny.yaml"), { overrides }), { backend, runDir, checkReplay: 5 });
      return readLosses(runDir);
    };
    const [ours, theirs] = [await run("webgpu"), await run("wasm")];
    expect(ours).toHaveLength(12);
    ours.forEach((loss, i) => expect(Math.abs(loss / (theirs[i] ?? NaN) - 1)).toBeLessThan(1e-4));
    const log = await readFile(join(folder, "webgpu", "log.jsonl"), "utf8");
    expect(log).toMatch(/train: steps are replayed as a program of \d+ dispatches/);
  }, 120_000);
});
