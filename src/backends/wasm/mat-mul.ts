import { tf } from "../../core/tensor.js";
import type { KernelConfig, TensorInfo } from "../../core/tensor.js";

type KernelFunc = KernelConfig["kernelFunc"];

/**
 * Matrix product with transposes. tfjs's own kernel is fast only without them (it then uses XNNPACK, otherwise plain loops), so a
 * transposed factor is turned first.
 */
export function withTurnedFactors(product: KernelFunc): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
    const left = transposeA ? turn(a, backend) : a;
    const right = transposeB ? turn(b, backend) : b;
    const result = product({ inputs: { a: left, b: right }, attrs: { transposeA: false, transposeB: false }, backend });
    const owner = backend as { disposeData(id: object): void };
    if (transposeA) owner.disposeData(left.dataId);
    if (transposeB) owner.disposeData(right.dataId);
    return result;
  };
}

/** The last two axes exchanged. */
function turn(x: TensorInfo, backend: unknown): TensorInfo {
  const last = x.shape.length - 1;
  const perm = x.shape.map((_, axis) => (axis === last ? last - 1 : axis === last - 1 ? last : axis));
  // tfjs types a kernel's result for all kernels at once; a transpose gives one tensor.
  return tf
    .getKernel("Transpose", "wasm")
    .kernelFunc({ inputs: { x }, attrs: { perm }, backend: backend as object }) as TensorInfo;
}
