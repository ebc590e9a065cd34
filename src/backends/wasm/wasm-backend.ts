import type { TensorInfo } from "../../core/tensor.js";

/** What our kernels use of tfjs's WebAssembly backend. Views end with the next allocation: make all outputs first. */
export interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: string): TensorInfo;
  typedArrayFromHeap(info: TensorInfo): Float32Array | Int32Array;
}
