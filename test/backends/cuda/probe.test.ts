import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { describe, expect, test } from "@jest/globals";

import { cudaBackend } from "../../../src/backends/cuda/index.js";
import { candidates, cublasLtLibrary, nvrtcLibrary } from "../../../src/backends/cuda/libs.js";
import { chooseBackend } from "../../../src/runtime/choose-backend.js";
import { builtinBackends } from "../../../src/backends/index.js";

const nowhere = await mkdtemp(join(tmpdir(), "no-cuda-"));

describe("where there is no driver", () => {
  const saved = process.env["RAEGRAPH_CUDA_LIBRARIES"];
  process.env["RAEGRAPH_CUDA_LIBRARIES"] = nowhere;

  test("probe names what is missing and how to get it", async () => {
    const { available, reason } = await cudaBackend.probe();
    expect(available).toBe(false);
    expect(reason).toBe("libcuda.so.1 does not load; install NVIDIA's driver for this GPU (version 525 or newer)");
  });

  test("named, it is refused with that reason; auto passes on", async () => {
    await expect(chooseBackend(builtinBackends, "cuda")).rejects.toThrow(/backend cuda is not available: libcuda\.so\.1/);
    const { backend, lines } = await chooseBackend(builtinBackends, "auto");
    expect(lines[0]).toMatch(/^backend cuda: rejected, libcuda\.so\.1 does not load/);
    expect(backend.id).not.toBe("cuda");
  });

  test("opening it says the same", async () => {
    await expect(cudaBackend.open({ precision: "fp32" })).rejects.toThrow(/cuda: libcuda\.so\.1 does not load; install/);
  });

  test("the command ends with 2 and the reason", async () => {
    const command = fileURLToPath(new URL("../../../dist/bundle/graph.cjs", import.meta.url));
    const graph = fileURLToPath(new URL("../../../graphs/stage2-train.yaml", import.meta.url));
    const env = { ...process.env, NODE_OPTIONS: "" };
    const run = promisify(execFile)(process.execPath, [command, "run", graph, "--backend", "cuda"], { env });
    await expect(run).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("backend cuda is not available") as unknown,
    });
    process.env["RAEGRAPH_CUDA_LIBRARIES"] = saved;
    if (saved === undefined) delete process.env["RAEGRAPH_CUDA_LIBRARIES"];
  });
});

describe("where libraries are looked for", () => {
  test("the folders that are named, and nowhere else", async () => {
    await writeFile(join(nowhere, "libnvrtc.so.12"), "");
    expect(candidates(nvrtcLibrary, { RAEGRAPH_CUDA_LIBRARIES: nowhere })).toEqual([join(nowhere, "libnvrtc.so.12")]);
    expect(candidates(cublasLtLibrary, { RAEGRAPH_CUDA_LIBRARIES: nowhere })).toEqual([]);
  });

  test("else CUDA_HOME, the loader, and the wheels of the active Python environment", async () => {
    const home = await mkdtemp(join(tmpdir(), "cuda-home-"));
    const { mkdir } = await import("node:fs/promises");
    await mkdir(join(home, "lib64"));
    await writeFile(join(home, "lib64/libcublasLt.so.12"), "");
    const environment = await mkdtemp(join(tmpdir(), "venv-"));
    const wheel = join(environment, "lib/python3.11/site-packages/nvidia/cublas/lib");
    await mkdir(wheel, { recursive: true });
    await writeFile(join(wheel, "libcublasLt.so.12"), "");
    const found = candidates(cublasLtLibrary, { CUDA_HOME: home, VIRTUAL_ENV: environment });
    expect(found[0]).toBe(join(home, "lib64/libcublasLt.so.12"));
    expect(found).toContain("libcublasLt.so.13");
    expect(found).toContain(join(wheel, "libcublasLt.so.12"));
  });
});
