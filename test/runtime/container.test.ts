import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { ComputeBackend } from "../../src/core/define-backend.js";
import { chooseBackend } from "../../src/runtime/choose-backend.js";
import { parts, runContainer } from "../../src/runtime/container.js";
import { runInContainer } from "../../src/runtime/run-in-container.js";
import { quietProgress } from "../../src/runtime/progress/quiet.js";
import type { RunOptions } from "../../src/runtime/run-options.js";
import { UsageError } from "../../src/runtime/usage-error.js";
import { loadToy } from "./toy/run-toy.js";

function backend(id: string, available: boolean, log: string[] = []): ComputeBackend {
  return {
    id,
    note: id,
    precisions: ["fp32"],
    probe: async () => ({ available, reason: available ? "here" : "no such device" }),
    open: async () => {
      log.push(`opened ${id}`);
      throw new Error(`${id} breaks down`);
    },
  };
}

async function run(
  options: RunOptions,
  backends?: readonly ComputeBackend[],
): Promise<{ base: string; failure: unknown; notes: string[] }> {
  const base = await mkdtemp(join(tmpdir(), "runs-"));
  const notes: string[] = [];
  const container = runContainer(await loadToy(["train.steps=2"]), options);
  container.rebind(parts.runsFolder).toConstantValue(base);
  container.rebind(parts.progress).toConstantValue({ ...quietProgress(), note: (line) => void notes.push(line) });
  if (backends) container.rebind(parts.backends).toConstantValue(backends);
  const failure: unknown = await runInContainer(container).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { base, failure, notes };
}

describe("choosing a backend", () => {
  test("auto takes the first of cuda, native, wasm that can run, and tells why", async () => {
    const choice = await chooseBackend([backend("wasm", true), backend("native", true), backend("cuda", false)], "auto");
    expect(choice.backend.id).toBe("native");
    expect(choice.lines).toEqual(["backend cuda: rejected, no such device", "backend native: accepted, here"]);
  });

  test("a backend that was named never gives way to another", async () => {
    await expect(chooseBackend([backend("wasm", true), backend("cuda", false)], "cuda")).rejects.toThrow(
      "cuda is not available: no such device",
    );
  });

  test("a misspelt one gets near names", async () => {
    await expect(chooseBackend([backend("wasm", true)], "wsam")).rejects.toThrow(/unknown backend "wsam"; .*auto, wasm/);
  });
});

describe("the container", () => {
  test("runs on the backend that was bound, and writes nothing when it cannot open", async () => {
    const log: string[] = [];
    const { base, failure, notes } = await run({ backend: "fake" }, [backend("fake", true, log)]);
    expect(String(failure)).toContain("fake breaks down");
    expect(log).toEqual(["opened fake"]);
    expect(notes).toEqual(["backend fake: here"]);
    expect(await readdir(base)).toEqual([]);
  });

  test.each<[string, RunOptions]>([
    ["an unknown backend", { backend: "cpu2" }],
    ["a precision that the backend lacks", { backend: "reference", precision: "bf16" }],
    ["nothing to resume", { backend: "reference", resume: "must" }],
    ["a resume path that is none", { backend: "reference", resume: "/no/such/run" }],
  ])("%s is a mistake of usage: nothing is written", async (_name, options) => {
    const { base, failure } = await run(options);
    expect(failure).toBeInstanceOf(UsageError);
    expect(await readdir(base)).toEqual([]);
  });

  test("a run writes its folder", async () => {
    const { base, failure } = await run({ backend: "reference" });
    expect(failure).toBeUndefined();
    const [name = ""] = await readdir(join(base, "toy"));
    expect((await readdir(join(base, "toy", name))).sort()).toEqual([
      "checkpoints",
      "events.jsonl",
      "graph.yaml",
      "lock.json",
      "log.jsonl",
      "metrics.jsonl",
      "overrides.txt",
      "resolved.yaml",
      "samples",
      "status.json",
      "tb",
    ]);
  });

  test("a smoke run leaves nothing behind", async () => {
    const before = (await readdir(tmpdir())).filter((name) => name.startsWith("raegraph-smoke-"));
    const { base, failure } = await run({ backend: "reference", smoke: true });
    expect(failure).toBeUndefined();
    expect(await readdir(base)).toEqual([]);
    expect((await readdir(tmpdir())).filter((name) => name.startsWith("raegraph-smoke-"))).toEqual(before);
  });
});
