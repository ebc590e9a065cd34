import { existsSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { findTorch, usualPythons } from "../../bench/torch/find-torch.mjs";
import { addonBuilt } from "../../src/backends/native/addon.js";
import { runNode } from "../acceptance/graph-command.js";
import type { Ended } from "../acceptance/graph-command.js";

function bench(...args: string[]): Promise<Ended> {
  return runNode(["bench/main.mjs", ...args], process.cwd());
}

describe("usage", () => {
  test("without a benchmark's name it says which there are", async () => {
    expect(await bench()).toEqual({
      code: 2,
      stdout: "",
      stderr: "bench: npm run bench -- step|gemm|ops|webgpu|cuda|weights|cache|frechet [--help]\n",
    });
  });

  test("--help lists a benchmark's options", async () => {
    const { code, stdout } = await bench("step", "--help");
    expect(code).toBe(0);
    for (const option of ["--config <tiny|mini|mid|s|xl|wide|dh>", "--vs-torch", "--profile", "--json"])
      expect(stdout).toContain(option);
  });

  test("without PyTorch --vs-torch says what to install", async () => {
    const { code, stdout, stderr } = await bench("step", "--vs-torch", "--python", "/absent/python");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("none of these Pythons imports it: /absent/python");
    expect(stderr).toContain("apt-get install python3-torch");
  });
});

const built = existsSync("dist/runtime/bench/open-phase.js") && addonBuilt();
const whenBuilt = built ? describe : describe.skip;
whenBuilt(`the built package${built ? "" : " (skipped: `npm run prepare` has not built it)"}`, () => {
  test("a step is timed by the way that a run goes", async () => {
    const { code, stdout } = await bench("step", "--steps", "1", "--json");
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Record<string, number>;
    // As many parameters as the peer has: 3,332,732.
    expect(result).toMatchObject({ config: "mini", precision: "fp32", batch: 32, steps: 1, params: 3332732 });
    for (const name of ["ours_ms", "images_per_s", "peak_gflops", "floor_ms", "peak_rss_bytes"])
      expect([name, result[name]]).toEqual([name, expect.any(Number)]);
    expect(result["images_per_s"]).toBeCloseTo(32_000 / (result["ours_ms"] ?? NaN), 6);
  });

  test("products and ops give ours beside PyTorch's where there is one", async () => {
    const torch = await findTorch(usualPythons()).catch(() => []);
    const { code, stdout } = await bench(
      "gemm",
      "--size",
      "64",
      "--json",
      ...(torch.length > 0 ? ["--vs-torch", "--rounds", "1"] : []),
    );
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as { ours_ms: number; torch_ms?: number; ratio?: number; rows: object[] };
    expect(result.rows).toHaveLength(1);
    expect(result.rows[0]).toMatchObject({ m: 64, n: 64, k: 64, form: "NN", ours_ms: result.ours_ms });
    if (torch.length > 0) expect(result.ratio).toBeCloseTo(result.ours_ms / (result.torch_ms ?? NaN), 9);
  });

  test("a Fréchet distance is counted in a thread", async () => {
    const { code, stdout } = await bench("frechet", "--features", "300", "--vectors", "600", "--json");
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Record<string, number>;
    expect(result).toMatchObject({ features: 300, vectors: 600 });
    expect(result["distance"]).toBeGreaterThan(0);
    for (const name of ["wait_ms_per_vector", "distance_s", "longest_stall_ms", "rss_peak_bytes"])
      expect(result[name]).toBeGreaterThan(0);
  });
});
