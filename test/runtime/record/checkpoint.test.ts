import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "@jest/globals";
import type { HostArray } from "../../../src/core/tensor.js";
import { findCheckpoint, readCheckpoint } from "../../../src/runtime/record/read-checkpoint.js";
import { setNewerAside, writeCheckpoint } from "../../../src/runtime/record/write-checkpoint.js";
import type { Checkpoint } from "../../../src/runtime/run/recorder.js";

let run = "";
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), "run-"));
});

function checkpoint(step: number, value = step): Checkpoint {
  const w: HostArray = { dtype: "f32", shape: [2], data: Float32Array.of(value, 0.5) };
  return {
    step,
    files: new Map([["model.safetensors", new Map([["w", w]])]]),
    state: {
      phase: "train",
      step,
      seed: 42,
      done: ["before"],
      pending: ["sample"],
      results: { before: { loss: 2 } },
      sources: { images: { epoch: 1, position: 8 } },
      skipped: { adam: 2 },
    },
  };
}

async function write(step: number, keep = 3): Promise<void> {
  await writeCheckpoint(run, checkpoint(step), keep, { metricsBytes: step * 10 });
}

describe("writing", () => {
  test("gives back what it was given", async () => {
    await write(400);
    const { checkpoint: read, metricsBytes } = await readCheckpoint(join(run, "checkpoints/step-00000400"));
    expect(read).toEqual(checkpoint(400));
    expect(metricsBytes).toBe(4000);
  });

  test("names the latest and keeps the newest n", async () => {
    for (const step of [1, 2, 3, 10]) await write(step, 2);
    expect((await readdir(join(run, "checkpoints"))).sort()).toEqual(["latest", "step-00000003", "step-00000010"]);
    expect(await readFile(join(run, "checkpoints/latest"), "utf8")).toBe("step-00000010\n");
  });

  test("replaces a checkpoint of the same step", async () => {
    await write(4);
    await writeCheckpoint(run, checkpoint(4, 99), 3, { metricsBytes: 0 });
    const found = await findCheckpoint(run);
    expect(found?.checkpoint.files.get("model.safetensors")?.get("w")?.data[0]).toBe(99);
  });

  test("a crash half way leaves the older one in use and is cleaned up by the next", async () => {
    await write(4);
    await mkdir(join(run, "checkpoints/.step-00000008.tmp"));
    await writeFile(join(run, "checkpoints/.step-00000008.tmp/model.safetensors"), "half");
    expect((await findCheckpoint(run))?.checkpoint.step).toBe(4);
    await write(8);
    expect((await readdir(join(run, "checkpoints"))).sort()).toEqual(["latest", "step-00000004", "step-00000008"]);
  });

  test("a failure writes no checkpoint", async () => {
    const bad = {
      ...checkpoint(4),
      files: new Map([
        ["model.safetensors", new Map([["w", { dtype: "f32", shape: [3], data: Float32Array.of(1) } as HostArray]])],
      ]),
    };
    await expect(writeCheckpoint(run, bad, 3, { metricsBytes: 0 })).rejects.toThrow('"w"');
    expect(await findCheckpoint(run)).toBeUndefined();
  });
});

describe("reading", () => {
  beforeEach(async () => {
    await write(4);
    await write(8);
  });
  const model = (): string => join(run, "checkpoints/step-00000008/model.safetensors");

  test.each<[string, () => Promise<void>, string]>([
    ["a file is cut short", () => truncate(model(), 10), "has 10 bytes"],
    ["a bit has changed", async () => flipLastBit(model()), "is damaged"],
    ["a file is missing", () => rm(model()), "no such file"],
    ["state.json is empty", () => writeFile(join(run, "checkpoints/step-00000008/state.json"), ""), "JSON"],
    [
      "state.json is of another kind",
      () => writeFile(join(run, "checkpoints/step-00000008/state.json"), "{}"),
      "no checkpoint's state",
    ],
  ])("falls back to the one before when %s", async (_name, damage, warning) => {
    await damage();
    const found = await findCheckpoint(run);
    expect(found?.checkpoint.step).toBe(4);
    expect(found?.warnings).toHaveLength(1);
    expect(found?.warnings[0]).toContain(warning);
  });

  test("says so when all are damaged", async () => {
    await rm(model());
    await rm(join(run, "checkpoints/step-00000004/state.json"));
    await expect(findCheckpoint(run)).rejects.toThrow(
      /no checkpoint of .* is whole[^]*step-00000008[^]*step-00000004[^]*start a new run/,
    );
  });

  test("a run without checkpoints has none", async () => {
    expect(await findCheckpoint(join(run, "nowhere"))).toBeUndefined();
  });

  test("going back sets newer ones aside and loses none", async () => {
    await write(12);
    expect(await setNewerAside(run, 4)).toEqual(["set-aside-step-00000008", "set-aside-step-00000012"]);
    expect((await findCheckpoint(run))?.checkpoint.step).toBe(4);
    expect(await readdir(join(run, "checkpoints"))).toContain("set-aside-step-00000012");
  });
});

async function flipLastBit(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  await writeFile(file, bytes);
}
