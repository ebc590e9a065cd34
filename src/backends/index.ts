import type { ComputeBackend } from "../core/define-backend.js";
import { cudaBackend } from "./cuda/index.js";
import { nativeBackend } from "./native/index.js";
import { referenceBackend } from "./reference/index.js";
import { tensorflowBackend } from "./tensorflow/index.js";
import { wasmBackend } from "./wasm/index.js";
import { webgpuBackend } from "./webgpu/index.js";

/** Every built-in backend. `auto` asks them in the order of `runtime/choose-backend.ts`. */
export const builtinBackends: readonly ComputeBackend[] = [
  cudaBackend,
  nativeBackend,
  wasmBackend,
  webgpuBackend,
  tensorflowBackend,
  referenceBackend,
];
