import { copyFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

import { afterAll, describe, expect, test } from "@jest/globals";

import { tensorflowBackend } from "../../../src/backends/tensorflow/index.js";
import { tf } from "../../../src/core/tensor.js";
import { conformance } from "../conformance.js";
import { buildBinding } from "./build-binding.js";
import { copyPackage } from "./package.js";
import { expectTraining } from "./training.js";

const name = "@tensorflow/tfjs-node";
const copy = copyPackage(name);

/** Nothing is another's here: the package's JavaScript and binding, and TensorFlow's library. */
describe("tfjs-node on TensorFlow itself", () => {
  if (typeof copy === "string") {
    test.skip(`not tested: ${copy}`, () => undefined);
    return;
  }
  const built = join(dirname(copy.folder), "tfjs_binding.node");
  const reason = buildBinding(join(copy.folder, "node_modules", name), built);
  afterAll(() => rmSync(copy.folder, { recursive: true }));
  if (reason !== undefined) {
    test.skip(`not tested: ${reason}`, () => undefined);
    return;
  }
  copyFileSync(built, copy.binding);
  process.env["RAEGRAPH_TENSORFLOW"] = copy.folder;
  afterAll(() => {
    delete process.env["RAEGRAPH_TENSORFLOW"];
  });

  test("opens on the processor, and says so", async () => {
    const device = await tensorflowBackend.open({ precision: "fp32" });
    expect(device.info).toBe("tensorflow: @tensorflow/tfjs-node 4.22.0, CPU");
    expect([...(await tf.tidy(() => tf.matMul([[1, 2]], [[3], [4]])).data())]).toEqual([11]);
    await device.close();
  });

  test("trains and samples a small graph as the reference does, and lets go of its memory", async () => {
    const kept = tf.memory().numTensors;
    await expectTraining(() => expect(tf.memory().numTensors).toBe(kept));
  }, 240_000);

  describe("conformance", () => conformance("tensorflow"));
});
