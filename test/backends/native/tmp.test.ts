import { describe } from "@jest/globals";
import { builtinBackends } from "../../../src/backends/index.js";
import { nativeBackend } from "../../../src/backends/native/index.js";
import { conformance } from "../conformance.js";
if (!builtinBackends.includes(nativeBackend)) (builtinBackends as unknown[]).push(nativeBackend);
describe("native", () => conformance("native"));
