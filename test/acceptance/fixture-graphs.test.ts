import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readSafetensors } from "../../src/nodes/files/safetensors.js";
import { loadGraph, runGraph } from "../../src/runtime/api.js";
import { fixtureFolder } from "../support/fixture.js";
import { worst } from "../support/golden.js";
import { fixtureArrays, fixturePath } from "../support/run-fixture.js";
import { presentBackends } from "./backends.js";
import { bundle, runNode } from "./graph-command.js";
import { readMetrics } from "./metrics.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fixtures-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const config = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(fixturePath(`${name}/config.json`), "utf8")) as Record<string, unknown>;

describe.each(await presentBackends())("graphs of fixtures on %s", (backend) => {
  test("metrics", async () => {
    const io = await fixtureArrays("metrics/io");
    const wanted = config("metrics");
    const graph = await loadGraph(fixturePath("parity/metrics.yaml"));
    const { results } = await runGraph(graph, { backend, runDir: join(folder, `${backend}-metrics`) });
    const mean = (key: string): number => [...(io.get(key)?.data ?? [])].reduce((a, b) => a + b, 0) / 3;
    expect(results["images"]).toEqual({ psnr: expect.closeTo(mean("psnr"), 4), ssim: expect.closeTo(mean("ssim"), 6) });
    const near = (got: number | undefined, key: string): number => Math.abs((got ?? NaN) / Number(wanted[key]) - 1);
    expect(near(results["features"]?.["fid"], "fid")).toBeLessThan(1e-6);
    expect(near(results["few"]?.["fid"], "fid_rank_deficient")).toBeLessThan(1e-6);
    expect(near(results["classes"]?.["inception_score"], "inception_score")).toBeLessThan(1e-6);
    const { precision, recall } = results["features"] ?? {};
    expect(worst([precision ?? NaN, recall ?? NaN], wanted["precision_recall_k3"] as number[])).toBeLessThan(1e-9);
  });

  test("shifted times", async () => {
    const { shifted } = Object.fromEntries(await fixtureArrays("timestep-shift/io"));
    for (const [row, shift] of (config("timestep-shift")["shifts"] as number[]).entries()) {
      const to = join(folder, `${backend}-shift-${row}`);
      const graph = await loadGraph(fixturePath("parity/timestep-shift.yaml"), {
        overrides: [`vars.shift=${shift}`, `vars.to=${to}`],
      });
      await runGraph(graph, { backend, runDir: join(to, "run") });
      const got = (await readSafetensors(join(to, "shifted.safetensors"))).get("shifted")?.data ?? [];
      expect(worst(got, shifted?.data.subarray(row * got.length, (row + 1) * got.length) ?? [])).toBeLessThan(1e-6);
    }
  });
});

/** Fixture, its graph, and the overrides that a user would type; each leaves a file or a result. */
const commands: readonly (readonly [fixture: string, graph: string, ...overrides: string[]])[] = [
  ["decoder", "parity/decoder"],
  ["dinov2", "parity/dinov2"],
  ["siglip2", "parity/siglip2"],
  ["mae", "parity/mae"],
  ["rae-encode", "parity/rae-encode"],
  ["lightning-dit", "parity/lightning-dit"],
  ["lightning-dit-patch2", "parity/lightning-dit"],
  ["ditdh", "parity/dit-dh"],
  ["ditdh-qknorm", "parity/dit-dh"],
  ["metrics", "parity/metrics"],
  ["timestep-shift", "parity/timestep-shift", "vars.shift=6.928203230275509"],
  ["sampling", "sampling/sampling", "sampler.method=midpoint", "sampler.steps=6"],
  ["training", "training/training"],
];
const present = commands.filter(([name]) => fixtureFolder(name) !== undefined);

test("the command runs every fixture's graph from its folder", async () => {
  const main = await bundle("src/runtime/cli/main.ts", "fixture-graphs");
  for (const [name, graph, ...overrides] of present) {
    const to = join(folder, "command", name);
    const encoder = name === "rae-encode" ? [`vars.encoder=${fixtureFolder("dinov2") ?? ""}`] : [];
    const target =
      name === "sampling"
        ? [`vars.out=${join(to, "sample.safetensors")}`]
        : ["metrics", "training"].includes(name)
          ? []
          : [`vars.to=${to}`];
    const given = [`vars.from=${fixtureFolder(name) ?? ""}`, ...encoder, ...target, ...overrides];
    const args = ["run", resolve(fixturePath(`${graph}.yaml`)), ...given, "--run-dir", join(to, "run")];
    const { code, stderr } = await runNode([main, ...args], folder);
    expect([name, code, code === 0 ? "" : stderr]).toEqual([name, 0, ""]);
  }
  const sample = (await readSafetensors(join(folder, "command/sampling/sample.safetensors"))).get("sample")?.data ?? [];
  expect(worst(sample, (await fixtureArrays("sampling/io")).get("sample.midpoint.6")?.data ?? [])).toBeLessThan(1e-4);
  const losses = (await readMetrics(join(folder, "command/training/run"))).filter(({ name }) => name === "train/loss");
  const wanted = [...((await fixtureArrays("training/io")).get("loss")?.data ?? [])];
  expect(worst(losses.map(({ value }) => value), wanted)).toBeLessThan(1e-5); // prettier-ignore
}, 240_000);
