import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostArray } from "../../src/core/tensor.js";
import { readSafetensors } from "../../src/nodes/files/safetensors.js";
import { loadGraph, runGraph } from "../../src/runtime/api.js";
import { distance } from "../support/golden.js";
import { fixtureArrays, fixturePath } from "../support/run-fixture.js";
import { presentBackends } from "./backends.js";
import { readMetrics } from "./metrics.js";

interface Trained {
  readonly metrics: Readonly<Record<string, readonly number[]>>;
  readonly model: ReadonlyMap<string, HostArray>;
  readonly average: ReadonlyMap<string, HostArray>;
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "training-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function train(name: string, backend: string, overrides: readonly string[] = [], steps = 8): Promise<Trained> {
  const run = join(folder, `${backend}-${name}`);
  const given = { overrides: [`vars.steps=${steps}`, ...overrides] };
  await runGraph(await loadGraph(fixturePath("training/training.yaml"), given), { backend, runDir: run });
  const at = (file: string): string => join(run, `checkpoints/step-0000000${steps}`, file);
  const lines = await readMetrics(run);
  const of = (metric: string): number[] => lines.filter((line) => line.name === `train/${metric}`).map(({ value }) => value);
  return {
    metrics: { loss: of("loss"), grad_norm: of("grad_norm"), lr: of("lr") },
    model: await readSafetensors(at("model.safetensors")),
    average: await readSafetensors(at("ema.safetensors")),
  };
}

/** The largest relative difference of two series, or of weights in norm. */
function apart(got: readonly number[] = [], wanted: ArrayLike<number> = []): number {
  return Math.max(...Array.from(wanted, (value, i) => Math.abs((got[i] ?? NaN) - value) / Math.abs(value)));
}
function farthest(got: ReadonlyMap<string, HostArray>, wanted: ReadonlyMap<string, HostArray>): number {
  expect([...got.keys()].sort()).toEqual([...wanted.keys()].sort());
  return Math.max(...[...wanted].map(([key, { data }]) => distance(got.get(key)?.data ?? [], data)));
}

describe.each(await presentBackends())("eight training steps on %s", (backend) => {
  test("go as the reference's: losses, gradient norms, rates, final and averaged weights", async () => {
    const io = await fixtureArrays("training/io");
    const named = (prefix: string): Map<string, HostArray> =>
      new Map([...io].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]));
    const { metrics, model, average } = await train("whole", backend);
    for (const name of ["loss", "grad_norm", "lr"]) expect(apart(metrics[name], io.get(name)?.data)).toBeLessThan(1e-5);
    expect(farthest(model, named("final."))).toBeLessThan(1e-4);
    expect(farthest(average, named("ema."))).toBeLessThan(1e-4);
  });

  // The batch of 4 as 2 and 1 and 1, and as 1 and 1 and 1 and 1; with numbers drawn for noise and dropped labels. Where a step takes
  // long, for the plain loops and on the emulated GPU, two of them.
  const steps = backend === "reference" || backend === "webgpu" ? 2 : 8;
  test.each(["3", "4"])(
    "are the same with each batch in %s parts",
    async (parts) => {
      const drawn = ["~dit.weights", "+nodes.dit.params.class_dropout_prob=0.3", "~nodes.noisy.in.noise", "~nodes.noise"];
      const whole = await train(`drawn-${parts}`, backend, drawn, steps);
      const cut = await train(`cut-${parts}`, backend, [...drawn, `vars.accumulate=${parts}`], steps);
      const near = 1e-6;
      for (const name of ["loss", "grad_norm"]) expect(apart(cut.metrics[name], whole.metrics[name])).toBeLessThan(near);
      expect(farthest(cut.model, whole.model)).toBeLessThan(near);
      expect(farthest(cut.average, whole.average)).toBeLessThan(near);
    },
    240_000,
  );
});
