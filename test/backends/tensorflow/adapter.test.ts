import { rmSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";

import { tensorflowBackend } from "../../../src/backends/tensorflow/index.js";
import { fusedOps } from "../../../src/core/ops/index.js";
import { prepareTensors } from "../../../src/core/prepare.js";
import { tf } from "../../../src/core/tensor.js";
import { conformance } from "../conformance.js";
import { BindingDouble } from "./binding.js";
import { copyPackage } from "./package.js";
import { expectTraining } from "./training.js";

const copy = copyPackage("@tensorflow/tfjs-node-gpu");

/** The package's own JavaScript: nothing but its native binding is another's. */
describe("tfjs-node-gpu on a double of its native binding", () => {
  if (typeof copy === "string") {
    test.skip(`not tested: ${copy}`, () => undefined);
    return;
  }
  let binding: BindingDouble;
  beforeAll(async () => {
    process.env["RAEGRAPH_TENSORFLOW"] = copy.folder;
    await prepareTensors();
    const { MathBackendCPU } = await import("@tensorflow/tfjs-backend-cpu");
    binding = new BindingDouble(new MathBackendCPU(), true);
    writeFileSync(copy.binding, "");
    jest.mock(copy.binding, () => binding, { virtual: true });
  });
  afterAll(() => {
    delete process.env["RAEGRAPH_TENSORFLOW"];
    rmSync(copy.folder, { recursive: true });
  });

  test("opens on the GPU, and says what runs", async () => {
    expect(await tensorflowBackend.probe()).toEqual({ available: true, reason: "@tensorflow/tfjs-node-gpu 4.22.0" });
    const device = await tensorflowBackend.open({ precision: "fp32" });
    expect(device.info).toBe("tensorflow: @tensorflow/tfjs-node-gpu 4.22.0, GPU");
    expect(tf.getBackend()).toBe("tensorflow");
    expect([...fusedOps.keys()].filter((kernel) => tf.getKernel(kernel, "tensorflow"))).toEqual([]);
    const kept = binding.getNumOfTensors();
    const product = tf.tidy(() => tf.matMul([[1, 2]], [[3], [4]]));
    expect([...(await product.data())]).toEqual([11]);
    product.dispose();
    expect(binding.executed).toContain("BatchMatMulV2");
    expect(binding.getNumOfTensors()).toBe(kept);
    await device.close();
  });

  test("trains and samples a small graph as the reference does, and lets go of its memory", async () => {
    const kept = binding.getNumOfTensors();
    await expectTraining(() => expect(binding.getNumOfTensors()).toBe(kept));
  }, 240_000);

  describe("conformance", () => conformance("tensorflow"));
});
