import { describe, test } from "@jest/globals";

import { conformance } from "../conformance.js";
import { missing, useEmulator } from "./emulator.js";

const reason = missing();

describe("cuda, its kernels run as C++ on the host", () => {
  if (reason === undefined) {
    useEmulator();
    conformance("cuda");
  } else test.skip(`not tested: ${reason}`, () => undefined);
});
