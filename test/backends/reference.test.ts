import { describe } from "@jest/globals";
import { conformance } from "./conformance.js";

describe("reference", () => conformance("reference"));
