import { rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";

import { tensorflowBackend } from "../../../src/backends/tensorflow/index.js";
import { fusedOps } from "../../../src/core/ops/index.js";
import { prepareTensors } from "../../../src/core/prepare.js";
import { tf } from "../../../src/core/tensor.js";
import { loadGraph, runGraph } from "../../../src/index.js";
import { readLosses } from "../../acceptance/metrics.js";
import { changed, tinyFolder } from "../../acceptance/tiny.js";
import { conformance } from "../conformance.js";
import { BindingDouble } from "./binding.js";
import { copyPackage } from "./package.js";

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
    const folder = await tinyFolder(changed(["steps: 20", "steps: 4"], ["every: 10", "every: 4"]));
    const train = async (backend: string): Promise<number[]> => {
      const runDir = join(folder, backend);
      await runGraph(await loadGraph(join(folder, "tiny.yaml")), { backend, runDir });
      return readLosses(runDir);
    };
    const kept = binding.getNumOfTensors();
    const ours = await train("tensorflow");
    expect(binding.getNumOfTensors()).toBe(kept);
    const theirs = await train("reference");
    expect(ours).toHaveLength(4);
    ours.forEach((loss, i) => expect(Math.abs(loss / (theirs[i] ?? NaN) - 1)).toBeLessThan(1e-5));
    await rm(folder, { recursive: true });
  }, 240_000);

  describe("conformance", () => conformance("tensorflow"));
});
