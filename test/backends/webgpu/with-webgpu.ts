import { describe, test } from "@jest/globals";

import { webgpuBackend } from "../../../src/backends/webgpu/index.js";

const probe = await webgpuBackend.probe();

/** Tests that need an adapter; skipped, with the reason in their name, where there is none. */
export function withWebGpu(name: string, tests: () => void): void {
  describe(name, () => {
    if (probe.available) tests();
    else test.skip(`skipped: ${probe.reason}`, () => undefined);
  });
}
