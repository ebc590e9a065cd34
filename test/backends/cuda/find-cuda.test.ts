import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { afterAll, expect, test } from "@jest/globals";
import koffi from "koffi";

import { loadFirst } from "../../../src/backends/cuda/ffi.js";
import type { Ffi } from "../../../src/backends/cuda/ffi.js";
import { findCuda } from "../../../src/backends/cuda/find-cuda.js";
import { missing, onDevice, useCudnn, useEmulator } from "./emulator.js";

const reason = missing() ?? (onDevice ? "the machine's own libraries are in use" : undefined);

if (reason !== undefined) test.skip(`not tested: ${reason}`, () => undefined);
else {
  const folder = mkdtempSync(join(tmpdir(), "some-cuda-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("the doubles are found by their folder alone, so that no other test takes them for a GPU", () => {
    useEmulator();
    useCudnn();
    // A machine with a GPU has the real one.
    const own = loadFirst(koffi as unknown as Ffi, ["libcuda.so.1"]);
    if (typeof own !== "string") expect(() => own.library.func("const char *emulator_journal()")).toThrow(/emulator_journal/);
    else expect(own).toMatch(/cannot open shared object file/);
  });

  test("cuDNN without the cuBLASLt of its CUDA is left alone: it would end the process", async () => {
    useEmulator();
    useCudnn();
    const [from = "", cudnn = ""] = (process.env["RAEGRAPH_CUDA_LIBRARIES"] ?? "").split(delimiter);
    mkdirSync(join(folder, "cudnn"));
    for (const file of ["libcuda.so.1", "libnvrtc.so.13"]) copyFileSync(join(from, file), join(folder, file));
    copyFileSync(join(cudnn, "libcudnn.so.9"), join(folder, "cudnn/libcudnn.so.9"));
    process.env["RAEGRAPH_CUDA_LIBRARIES"] = [folder, join(folder, "cudnn")].join(delimiter);
    const found = await findCuda();
    expect(found).toMatchObject({ cudnn: undefined, cublasLt: undefined });
    expect(found).toHaveProperty(
      "text",
      expect.stringMatching(/no cuBLASLt .*, cuDNN 9\.24\.0 \(not used: it needs the cuBLASLt of CUDA 13\)$/),
    );
  });
}
