import { expect, test } from "@jest/globals";
import { addonBuilt } from "../../../src/backends/native/addon.js";
import { multiplyAddPeak } from "../../../src/backends/native/peak.js";
import { withAddon } from "./with-addon.js";

if (!addonBuilt()) test.skip("the peak: the addon is not built", () => undefined);
else
  withAddon((addon) => {
    test.each(addon.isas())("%s has a multiply-add peak in both precisions", (isa) => {
      addon.setIsa(isa);
      const [fp32, bf16] = [multiplyAddPeak(addon, "fp32"), multiplyAddPeak(addon, "bf16")];
      expect(fp32).toBeGreaterThan(0);
      // Tiles do sixteen times the work of vectors; a neighbour that has the other half of the core takes some of it.
      expect(bf16).toBeGreaterThan(isa === "amx" ? 1.5 * fp32 : 0);
    });
  });
