import { access, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { loadGraph, runGraph } from "../../src/index.js";
import { withWebGpu } from "../backends/webgpu/with-webgpu.js";
import { bundle, runNode } from "./graph-command.js";
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

  test("a device that is lost in mid-run: the command says so and ends; the run goes on from its checkpoint", async () => {
    const main = await bundle("src/runtime/cli/main.ts", "webgpu-loss");
    const runDir = join(folder, "destroyed");
    // Destroys the device as soon as there is a checkpoint.
    const saboteur = `data:text/javascript,${encodeURIComponent(`import { existsSync } from "node:fs";
      const timer = setInterval(() => {
        const device = globalThis._tfengine?.backendInstance?.device;
        if (!device || !existsSync(${JSON.stringify(join(runDir, "checkpoints/latest"))})) return;
        clearInterval(timer);
        device.destroy();
      }, 5);
      timer.unref();`)}`;
    const run = ["run", "tiny.yaml", "--backend", "webgpu", "--run-dir", runDir, "train.steps=1000000", "~phases.sample"];
    const { code, stderr } = await runNode(["--import", saboteur, main, ...run], folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(/webgpu: the device was lost \(.+\); .*start again from the last checkpoint/);
    const { state, step } = JSON.parse(await readFile(join(runDir, "status.json"), "utf8"));
    expect(state).toBe("failed");
    expect(step).toBeGreaterThanOrEqual(5);
    const steps = (await readLosses(runDir)).length;
    const again = await runNode([main, "resume", runDir, "--backend", "webgpu", `train.steps=${steps + 10}`], folder);
    expect(again.stderr).not.toContain("was lost");
    expect(again.code).toBe(0);
    expect(await readLosses(runDir)).toHaveLength(steps + 10);
  }, 120_000);

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
