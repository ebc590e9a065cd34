import { describe, expect, test } from "@jest/globals";
import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { makeAllocator } from "../../../src/backends/cuda/allocator.js";
import { findCuda } from "../../../src/backends/cuda/find-cuda.js";
import type { FoundCuda } from "../../../src/backends/cuda/find-cuda.js";
import { openGpu } from "../../../src/backends/cuda/gpu.js";
import { cudaBackend } from "../../../src/backends/cuda/index.js";
import type { Product } from "../../../src/backends/cuda/issue.js";
import { makeMultiply } from "../../../src/backends/cuda/multiply.js";
import { makeChoices } from "../../../src/backends/cuda/choices.js";
import { compiled } from "../../../src/backends/cuda/sources.js";
import { makeStaging } from "../../../src/backends/cuda/staging.js";
import { tf } from "../../../src/core/tensor.js";
import { missing, useEmulator } from "./emulator.js";

const reason = missing();

describe("the host's side of the cuda backend, on the double of the driver", () => {
  if (reason !== undefined) {
    test.skip(`not tested: ${reason}`, () => undefined);
    return;
  }
  const emulator = useEmulator();
  const found = async (): Promise<FoundCuda> => {
    const cuda = await findCuda();
    if (typeof cuda === "string") throw new Error(cuda);
    return cuda;
  };
  const count = (call: string): number => emulator.journal().filter((line) => line.startsWith(call)).length;

  test("probe refuses a GPU that is too old for the kernels, and tells what is needed", async () => {
    emulator.capability(7);
    expect(await cudaBackend.probe()).toEqual({
      available: false,
      reason: "Emulated GPU has compute capability 7.0; 8.0 (Ampere) or newer is needed, for bf16",
    });
    emulator.capability(9);
  });

  test("probe tells the GPU, the libraries, and what is missing", async () => {
    const reason =
      "Emulated GPU, 17 GB; nvrtc 13.0, cuBLASLt, no cuDNN (`pip install nvidia-cudnn-cu13` brings it; without it attention in bf16 runs on our own kernels)";
    expect(await cudaBackend.probe()).toEqual({ available: true, reason });
  });

  test("memory is used again, and goes back to the device when it is trimmed", async () => {
    const { driver, compiler } = await found();
    const gpu = openGpu(driver, compiler);
    const memory = makeAllocator(driver);
    emulator.clear();
    const first = memory.take(1000);
    memory.give(first);
    expect(memory.take(1001)).toBe(first);
    expect(count("cuMemAlloc")).toBe(1);
    expect(memory.used).toBe(1024);
    // Beyond a megabyte a sixteenth at most is left unused.
    expect(memory.take(2 ** 24 + 1).bytes).toBe(2 ** 24 + 2 ** 20);
    memory.give(first);
    memory.trim();
    expect(count("cuMemFree")).toBe(1);
    expect(memory.held).toBe(2 ** 24 + 2 ** 20);
    gpu.close();
  });

  test("a full device is trimmed first; then the error tells sizes and cures", async () => {
    const { driver, compiler } = await found();
    const gpu = openGpu(driver, compiler);
    const memory = makeAllocator(driver);
    emulator.limit(emulator.used() + 3_000_000);
    memory.give(memory.take(1_500_000));
    const big = memory.take(2_500_000);
    expect(() => memory.take(1_000_000)).toThrow(
      "cuda: the GPU has no 1.0 MB left beside the 2.6 MB in use; make the batch or the model smaller, or run with --precision bf16",
    );
    memory.give(big);
    memory.trim();
    emulator.limit(2 ** 34);
    gpu.close();
  });

  test("what is uploaded may change at once, also when the ring of pinned memory starts again", async () => {
    const { driver, compiler } = await found();
    const gpu = openGpu(driver, compiler);
    const [memory, staging] = [makeAllocator(driver), makeStaging(gpu)];
    const blocks = Array.from({ length: 12 }, (_, i) => {
      const bytes = new Uint8Array(1_000_000).fill(i + 1);
      const block = memory.take(bytes.length);
      staging.upload(block.address, bytes);
      bytes.fill(0);
      return block;
    });
    for (const [i, { address }] of blocks.entries())
      expect((await staging.download(address, 1_000_000)).every((byte) => byte === i + 1)).toBe(true);
    const large = new Uint8Array(9_000_000).fill(7);
    const block = memory.take(large.length);
    staging.upload(block.address, large);
    large.fill(0);
    expect(staging.downloadNow(block.address, large.length).every((byte) => byte === 7)).toBe(true);
    staging.close();
    gpu.close();
  });

  test("machine code is compiled once for a source, its options, the architecture and the compiler", async () => {
    const { compiler } = await found();
    let compilations = 0;
    const counting = {
      version: compiler.version,
      compile: (source: string) => Buffer.from(`code ${++compilations} of ${source.length} letters`),
    };
    const cache = join(mkdtempSync(join(tmpdir(), "cuda-cache-")), "below");
    const once = compiled(counting, "random", "sm_90a", cache);
    expect(Buffer.from(compiled(counting, "random", "sm_90a", cache)).equals(once)).toBe(true);
    expect(compilations).toBe(1);
    compiled(counting, "random", "sm_80", cache);
    compiled({ ...counting, version: "another" }, "random", "sm_90a", cache);
    compiled(counting, "norm", "sm_90a", cache);
    expect(compilations).toBe(4);
    expect(readdirSync(cache).filter((name) => name.endsWith(".cubin")).length).toBe(4);
    expect(existsSync(cache)).toBe(true);
  });

  test("a source that does not compile is told with the compiler's words", async () => {
    const { compiler } = await found();
    expect(() => compiler.compile("KERNEL(f, int x) { y; }", "bad.cu", "sm_90a")).toThrow(
      /cuda: bad\.cu does not compile for sm_90a \(code 6\):[\s\S]*bad\.cu:1.*y. was not declared/,
    );
  });

  test("products of one shape share a plan; a large one tries what the library offers, and not within a capture", async () => {
    const { driver, compiler, cublasLt } = await found();
    const gpu = openGpu(driver, compiler);
    const memory = makeAllocator(driver);
    const { multiply, close } = makeMultiply(gpu, cublasLt, memory, makeChoices(gpu));
    const [m, n, k] = [8, 4096, 4097];
    const place = (bytes: number): { address: number; half: boolean } => {
      const { address } = memory.take(bytes);
      driver.call("cuMemsetD32Async", address, 0, Math.ceil(bytes / 4), gpu.stream);
      return { address, half: false };
    };
    const product: Product = {
      c: place(4 * m * n), a: place(4 * m * k), b: place(4 * n * k), bias: null, batch: 1, m, n, k,
      transposeA: false, transposeB: true, strideA: 0, strideB: 0, activation: 0,
    }; // prettier-ignore
    emulator.clear();
    multiply(product);
    // Two algorithms, timed each.
    expect(count("cuEventRecord")).toBe(4);
    emulator.clear();
    multiply(product);
    expect(count("cuEventRecord")).toBe(0);
    gpu.capture(() => multiply({ ...product, transposeB: false }));
    expect(count("cuEventRecord")).toBe(0);
    close();
    gpu.close();
  });

  test("a hundred starts and exits leave no memory behind", async () => {
    const before = emulator.used();
    for (let i = 0; i < 100; i++) {
      const device = await cudaBackend.open({ precision: "fp32" });
      const y = tf.tidy(() => tf.add(tf.ones([300]), 1));
      expect((await y.data())[7]).toBe(2);
      y.dispose();
      await device.close();
    }
    expect(emulator.used()).toBe(before);
  });
});
