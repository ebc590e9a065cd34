import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, describe, expect, test } from "@jest/globals";

import { makeChoices } from "../../../src/backends/cuda/choices.js";
import { findCuda } from "../../../src/backends/cuda/find-cuda.js";
import { openGpu } from "../../../src/backends/cuda/gpu.js";
import { cudaBackend } from "../../../src/backends/cuda/index.js";
import type { Device } from "../../../src/core/define-backend.js";
import { attentionCase, expectFloat32 } from "./bf16-cases.js";
import { missing, privateCache, useCudnn, useEmulator } from "./emulator.js";

const reason = missing();

describe("attention through cuDNN, on doubles of it and of the driver", () => {
  if (reason !== undefined) {
    test.skip(`not tested: ${reason}`, () => undefined);
    return;
  }
  const emulator = useEmulator();
  const { runs, starts } = useCudnn();
  const cache = privateCache();
  const choices = (): string[] => readdirSync(cache).filter((file) => file.startsWith("choices-"));
  afterAll(() => rmSync(cache, { recursive: true }));
  let device: Device | undefined;
  const open = async (by: string): Promise<Device> => {
    process.env["RAEGRAPH_CUDA_ATTENTION"] = by;
    for (const file of choices()) rmSync(join(cache, file));
    return (device = await cudaBackend.open({ precision: "bf16" }));
  };
  afterEach(async () => {
    await device?.close();
    device = undefined;
    delete process.env["RAEGRAPH_CUDA_ATTENTION"];
    starts(true);
  });

  test("probe tells its version", async () => {
    expect((await cudaBackend.probe()).reason).toBe("Emulated GPU, 17 GB; nvrtc 13.0, cuBLASLt, cuDNN 9.24.0");
  });

  test("each of its plans is tried and timed, before the fastest does the work", async () => {
    const opened = await open("cudnn");
    const before = runs();
    await expectFloat32(opened, attentionCase(2, 8, 9, true));
    // Two plans each for the value and the gradients, a forward pass before each of the latter; all four times, and once more.
    expect(runs() - before).toBe(2 * 4 + 1 + 2 * (2 * 4 + 1));
  });

  test("heads that cuDNN does not take are our own kernels' work", async () => {
    const opened = await open("cudnn");
    const before = runs();
    await expectFloat32(opened, attentionCase(1, 12, 5, true));
    expect(runs()).toBe(before);
    expect(opened.remarks?.()).toEqual([]);
  });

  test("where cuDNN does not start, our own kernels do it, and the run's log says why, once", async () => {
    starts(false);
    const opened = await open("cudnn");
    await expectFloat32(opened, attentionCase(2, 8, 9, true));
    expect(opened.remarks?.()).toEqual([
      "cuda: cuDNN does no attention of [B,N,heads,width] = [2,9,2,8] (cudnnCreate failed with code 1001: no kernel image for this device); our own kernels do it",
    ]);
    expect(opened.remarks?.()).toEqual([]);
  });

  test("a wish that there is not is refused", async () => {
    await expect(open("fast")).rejects.toThrow('cuda: RAEGRAPH_CUDA_ATTENTION is "fast"; expected own, cudnn, or nothing');
  });

  describe("the faster way", () => {
    const folder = mkdtempSync(join(tmpdir(), "choices-"));
    const file = join(folder, "deeper", "choices.json");
    afterAll(() => rmSync(folder, { recursive: true }));

    test("is found by timing, kept for later runs, and not looked for within a capture", async () => {
      const cuda = await findCuda();
      if (typeof cuda === "string") throw new Error(cuda);
      const gpu = openGpu(cuda.driver, cuda.compiler);
      const memory = gpu.driver.make("cuMemAlloc_v2", 2 ** 24);
      const done: string[] = [];
      const fill = (name: string, count: number) => (): void => {
        done.push(name);
        gpu.driver.call("cuMemsetD32Async", memory, 0, count, gpu.stream);
      };
      const refused = (): void => {
        throw new Error("refused");
      };
      const ways = [refused, fill("slow", 2 ** 22), fill("fast", 1)];
      gpu.capture(() => expect(makeChoices(gpu, file).fastest("a", ways)).toBe(0));
      expect(existsSync(file)).toBe(false);
      const choices = makeChoices(gpu, file);
      expect(choices.known("a")).toBeUndefined();
      expect(choices.fastest("a", ways)).toBe(2);
      expect(choices.known("a")).toBe(2);
      expect(choices.fastest("nothing", [refused, refused])).toBeUndefined();

      done.length = 0;
      emulator.clear();
      expect(makeChoices(gpu, file).fastest("a", ways)).toBe(2);
      expect(done).toEqual([]);
      expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ a: 2 });
      writeFileSync(file, "{ broken");
      expect(makeChoices(gpu, file).fastest("a", ways)).toBe(2);
      expect(done.length).toBeGreaterThan(0);
      gpu.driver.call("cuMemFree_v2", memory);
      gpu.close();
    });

    test("is looked for among our own kernels and cuDNN's plans where no wish is told, and cuDNN is left alone where ours is known to be it", async () => {
      const opened = await open("");
      const before = runs();
      emulator.clear();
      await expectFloat32(opened, attentionCase(1, 24, 7, false));
      expect(emulator.journal().filter((line) => line.startsWith("cuLaunchKernel flash_32")).length).toBeGreaterThanOrEqual(
        2 * 4,
      );
      expect(runs() - before).toBeGreaterThanOrEqual(2 * 4 + 2 * 2 * 4);
      await opened.close();

      const [file = ""] = choices();
      const kept = Object.keys(JSON.parse(readFileSync(join(cache, file), "utf8")) as object);
      expect(kept).toEqual(["attention 2,7,24,1 f32 plain", "attentionGrad 2,7,24,1 f32 plain"]);
      writeFileSync(join(cache, file), JSON.stringify(Object.fromEntries(kept.map((key) => [key, 0]))));
      device = await cudaBackend.open({ precision: "bf16" });
      const after = runs();
      starts(false);
      await expectFloat32(device, attentionCase(1, 24, 7, false));
      expect(runs()).toBe(after);
      expect(device.remarks?.()).toEqual([]);
    });
  });
});
