import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { cudaBackend } from "../../../src/backends/cuda/index.js";
import type { Device } from "../../../src/core/define-backend.js";
import { opCases } from "../op-cases.js";
import { attentionCase, expectFloat32, nameOf } from "./bf16-cases.js";
import type { Case } from "./bf16-cases.js";
import { missing, onDevice, useCudnn, useEmulator } from "./emulator.js";

/** Heads of each width that the kernels know, and of one between; tokens beyond one tile, and not a multiple of it. */
const cases: readonly Case[] = [
  attentionCase(2, 8, 9, true),
  attentionCase(1, 64, 81, false),
  attentionCase(1, 64, 100, true),
  attentionCase(2, 72, 16, true),
  attentionCase(1, 128, 64, true),
  attentionCase(1, 6, 5, false),
  { kernel: "Linear", shapes: { x: [2, 9, 24], weight: [17, 24], bias: [17] }, attrs: { activation: "none" } },
  { kernel: "Swiglu", shapes: { u: [5, 7, 38] }, attrs: {} },
  { kernel: "Gelu", shapes: { x: [17, 31] }, attrs: { form: "tanh" } },
  { kernel: "RmsNorm", shapes: { x: [3, 70, 40], weight: [40] }, attrs: { epsilon: 1e-6 } },
  { kernel: "LayerNorm", shapes: { x: [3, 7, 41], weight: [41], bias: [41] }, attrs: { epsilon: 1e-6 } },
  { kernel: "Modulate", shapes: { x: [2, 19, 132], scale: [2, 1, 132], shift: [2, 1, 132] }, attrs: {} },
  { kernel: "Gate", shapes: { x: [2, 7, 33], y: [2, 7, 33], gate: [2, 7, 33] }, attrs: {} },
  { kernel: "VelocityLoss", shapes: { prediction: [5, 61, 13], target: [5, 61, 13] }, attrs: {} },
];

/** What cuDNN takes: heads whose width 8 divides. */
const ofCudnn: readonly Case[] = [
  attentionCase(2, 8, 9, true),
  attentionCase(1, 64, 81, false),
  attentionCase(2, 72, 16, true),
  attentionCase(1, 160, 20, true),
];

const reason = missing();

describe("cuda in bf16, its kernels run as C++ on the host", () => {
  if (reason !== undefined) {
    test.skip(`not tested: ${reason}`, () => undefined);
    return;
  }
  useEmulator();
  const cudnn = useCudnn();
  let device: Device;
  const opens = (attention: string): void => {
    beforeAll(async () => {
      process.env["RAEGRAPH_CUDA_ATTENTION"] = attention;
      device = await cudaBackend.open({ precision: "bf16" });
    });
    afterAll(() => device.close());
  };

  describe("by our own kernels", () => {
    opens("own");

    test("every fused op is among the cases, or keeps float32", () => {
      const covered = new Set([...cases.map(({ kernel }) => kernel), "Silu", "Embedding"]);
      expect(opCases.filter(({ kernel }) => !covered.has(kernel))).toEqual([]);
    });

    test.each(cases.map((one) => [nameOf(one), one] as const))(
      "%s: value and gradients are those of float32 but for rounding",
      (_name, one) => expectFloat32(device, one),
    );
  });

  describe("attention by cuDNN where it is at hand, here on a double of it", () => {
    opens("cudnn");

    test.each(ofCudnn.map((one) => [nameOf(one), one] as const))(
      "%s: value and gradients are those of float32 but for rounding",
      async (_name, one) => {
        const before = cudnn.runs();
        await expectFloat32(device, one);
        if (!onDevice) expect(cudnn.runs()).toBeGreaterThan(before);
      },
    );
  });
});
