import { afterAll, beforeAll } from "@jest/globals";
import type { NativeAddon } from "../../../src/backends/native/addon.js";
import { nativeBackend } from "../../../src/backends/native/index.js";
import type { Device } from "../../../src/core/define-backend.js";
import { withAddon } from "./with-addon.js";

/** As `withAddon`, with the backend open on two threads. */
export function withNative(tests: (addon: NativeAddon, fastest: string) => void): void {
  withAddon((addon, fastest) => {
    let device: Device;
    beforeAll(async () => {
      device = await nativeBackend.open({ precision: "fp32", threads: 2 });
    });
    afterAll(() => device.close());
    tests(addon, fastest);
  });
}
