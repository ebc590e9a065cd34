import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { gemmShader } from "../../../src/backends/webgpu/kernels/gemm-shader.js";
import { openGpu } from "../../../src/backends/webgpu/open-gpu.js";
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
    gpu = dawn.create(["backend=null"]);
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

  const form = { side: 16, bias: true, activation: "gelu", half: true } as const;
  test.each(
    [4, 8].flatMap((each) =>
      [false, true].flatMap((turnA) =>
        [false, true].flatMap((turnB) => [false, true].map((wide) => ({ each, turnA, turnB, wide }))),
      ),
    ),
  )("a product compiles: %j", async ({ each, turnA, turnB, wide }) => {
    const shader = gemmShader({ ...form, turnA, turnB, wideA: wide, wideB: wide, each: each as 4 | 8 });
    expect(await complaint(shader)).toBeUndefined();
  });

  test("a shader that mixes half and single floats is refused", async () => {
    const shader = gemmShader({ ...form, turnA: false, turnB: false, wideA: true, wideB: true, each: 4 });
    const broken = { ...shader, name: "broken", code: shader.code.replaceAll("f32(tile_a", "f16(tile_a") };
    expect(await complaint(broken)).toMatch(/f16/);
  });
});
