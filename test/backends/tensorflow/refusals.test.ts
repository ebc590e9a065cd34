import { rmSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";

import { tensorflowBackend } from "../../../src/backends/tensorflow/index.js";
import { prepareTensors } from "../../../src/core/prepare.js";
import { BindingDouble } from "./binding.js";
import { copyPackage } from "./package.js";

const copy = copyPackage("@tensorflow/tfjs-node-gpu");

/** In this order: what loaded once stays loaded. */
describe("a tfjs-node-gpu that cannot work", () => {
  if (typeof copy === "string") {
    test.skip(`not tested: ${copy}`, () => undefined);
    return;
  }
  beforeAll(() => {
    process.env["RAEGRAPH_TENSORFLOW"] = copy.folder;
  });
  afterAll(() => {
    delete process.env["RAEGRAPH_TENSORFLOW"];
    rmSync(copy.folder, { recursive: true });
  });
  const open = (): Promise<unknown> => tensorflowBackend.open({ precision: "fp32" });

  test("is told with the package's reason and the cure where its binding is missing or broken", async () => {
    await expect(open()).rejects.toThrow(
      /^tensorflow: @tensorflow\/tfjs-node-gpu does not load: The Node\.js native addon module[^]*run `npm rebuild @tensorflow\/tfjs-node-gpu --build-addon-from-source`$/,
    );
    writeFileSync(copy.binding, "");
    await expect(open()).rejects.toThrow(/does not load: .*file too short/);
  });

  test("is told with the versions that it needs where it fell back to the CPU", async () => {
    await prepareTensors();
    const { MathBackendCPU } = await import("@tensorflow/tfjs-backend-cpu");
    const binding = new BindingDouble(new MathBackendCPU(), false);
    jest.mock(copy.binding, () => binding, { virtual: true });
    await expect(open()).rejects.toThrow(/fell back to the CPU; it needs CUDA 11\.2 and cuDNN 8\.1/);
  });
});
