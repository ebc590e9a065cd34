import { afterAll, test } from "@jest/globals";
import { addonBuilt, loadAddon } from "../../../src/backends/native/addon.js";
import type { NativeAddon } from "../../../src/backends/native/addon.js";

/** Tests of the addon, which may change its instruction set and threads; `fastest` is the set in
 * use at the start. Where the addon is not built, one skipped test says why. */
export function withAddon(tests: (addon: NativeAddon, fastest: string) => void): void {
  if (!addonBuilt()) {
    test.skip("the addon is not built: no C++ compiler", () => undefined);
    return;
  }
  const addon = loadAddon();
  const [fastest = "plain"] = addon.isas();
  afterAll(() => {
    addon.setIsa(fastest);
    addon.setThreads(1);
  });
  tests(addon, fastest);
}
