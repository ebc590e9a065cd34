import { tf } from "../../core/tensor.js";
import type { TensorInfo } from "../../core/tensor.js";

/** What our kernels use of tfjs's WebAssembly backend. Views end with the next allocation: make all outputs first. */
export interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: string): TensorInfo;
  typedArrayFromHeap(info: TensorInfo): Float32Array | Int32Array;
  readonly dataIdMap: { get(dataId: object): { readonly id: number; readonly memoryOffset: number } };
  readonly wasm: {
    readonly tfjs: { disposeData(id: number): void; registerTensor(id: number, size: number, memoryOffset: number): void };
  };
}

/** Lets go what tfjs keeps of a tensor that was changed in place: XNNPACK packs the right factor of a product once for each tensor. */
export function forgetPacked({ dataIdMap, wasm }: WasmBackend, { dataId, shape }: TensorInfo): void {
  const { id, memoryOffset } = dataIdMap.get(dataId);
  wasm.tfjs.disposeData(id);
  wasm.tfjs.registerTensor(id, tf.util.sizeFromShape(shape), memoryOffset);
}
