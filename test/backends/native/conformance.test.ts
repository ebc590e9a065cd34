import { describe, test } from "@jest/globals";

import { addonBuilt } from "../../../src/backends/native/addon.js";
import { conformance } from "../conformance.js";

describe("native", () => {
  if (addonBuilt()) conformance("native");
  else test.skip("the addon is not built: no C++ compiler", () => undefined);
});
