import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { attentionKeyGrad, attentionQueryGrad, attentionShader } from "../../../src/backends/webgpu/kernels/attention-shaders.js";
import { matrixGemmShader } from "../../../src/backends/webgpu/kernels/gemm-matrix-shader.js";
import { gemmShader } from "../../../src/backends/webgpu/kernels/gemm-shader.js";
import { matrixUnit, openGpu } from "../../../src/backends/webgpu/open-gpu.js";
import { makePipelines } from "../../../src/backends/webgpu/pipelines.js";
import type { Shader } from "../../../src/backends/webgpu/shader.js";

interface Dawn {
  create(options: string[]): GPU;
  readonly globals: object;
}
const dawn = await import("webgpu").then(
  (found) => found as unknown as Dawn,
  () => undefined,
);

/** Dawn's null adapter computes nothing, but checks shaders and has half floats, which the processor's driver lacks. */
describe("half-float shaders", () => {
  if (!dawn) {
    test.skip("skipped: the package webgpu does not load here", () => undefined);
    return;
  }
  let device: GPUDevice;
  let gpu: GPU; // kept, for Dawn ends with it
  beforeAll(async () => {
    Object.assign(globalThis, dawn.globals);
    gpu = dawn.create(["backend=null", "enable-dawn-features=allow_unsafe_apis"]);
    const adapter = await gpu.requestAdapter();
    if (!adapter) throw new Error("Dawn has no null adapter");
    device = await openGpu(adapter);
  });
  afterAll(async () => {
    device.destroy();
    expect((await device.lost).reason).toBe("destroyed");
    expect(gpu).toBeDefined();
  });

  async function complaint(shader: Shader): Promise<string | undefined> {
    device.pushErrorScope("validation");
    makePipelines(device).of(shader);
    return (await device.popErrorScope())?.message;
  }

  const whether = [false, true];
  const forms = whether.flatMap((turnA) => whether.flatMap((turnB) => whether.map((wide) => ({ turnA, turnB, wide }))));

  test.each(forms)("products compile: %j", async ({ turnA, turnB, wide }) => {
    for (const scaled of whether) {
      const form = { turnA, turnB, wideA: wide, wideB: wide, scaled, bias: !scaled, activation: scaled ? "none" : "gelu" };
      for (const each of [4, 8] as const)
        expect(await complaint(gemmShader({ ...form, half: true, each, side: 16 }))).toBeUndefined();
      // Four subgroups of 32 are a multiple of the widest subgroup of the null adapter.
      for (const unit of [
        { M: 16, N: 16, K: 16 },
        { M: 8, N: 16, K: 8 },
      ])
        for (const sizes of [
          { block: 32, step: 32 },
          { block: 64, step: 16 },
        ]) {
          const shader = matrixGemmShader({ ...form, unit: { ...unit, lanes: 32 }, ...sizes });
          expect(await complaint(shader)).toBeUndefined();
        }
    }
  });

  test.each([true, false])("attention compiles, rotary %p", async (rotary) => {
    for (const shader of [attentionShader, attentionQueryGrad, attentionKeyGrad])
      expect(await complaint(shader({ width: 64, rotary, tile: 64, half: true }))).toBeUndefined();
  });

  test("a shader that mixes half and single floats is refused", async () => {
    const form = { turnA: false, turnB: false, wideA: true, wideB: true, scaled: false, bias: false, activation: "none" };
    const shader = gemmShader({ ...form, half: true, each: 4, side: 16 });
    const broken = { ...shader, name: "broken", code: shader.code.replaceAll("f32(tile_a", "f16(tile_a") };
    expect(await complaint(broken)).toMatch(/f16/);
  });

  test("matrix units are found where the adapter lists half floats with single sums", () => {
    const config = { M: 16, N: 16, K: 16, componentType: "f16", resultComponentType: "f32" };
    const info = (subgroupMatrixConfigs: readonly object[], subgroupMaxSize = 32): GPUAdapterInfo =>
      ({ subgroupMinSize: 32, subgroupMaxSize, subgroupMatrixConfigs }) as unknown as GPUAdapterInfo;
    const all = new Set(["shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"]);
    expect(matrixUnit(info([{ ...config, resultComponentType: "f16" }, config]), all)).toEqual({
      M: 16,
      N: 16,
      K: 16,
      lanes: 32,
    });
    expect(matrixUnit(info([config]), new Set(["shader-f16"]))).toBeUndefined();
    expect(matrixUnit(info([config], 64), all)).toBeUndefined();
    expect(matrixUnit(info([{ ...config, componentType: "u8", resultComponentType: "u32" }]), all)).toBeUndefined();
    expect(matrixUnit(info([{ ...config, M: 24 }]), all)).toBeUndefined();
  });
});
