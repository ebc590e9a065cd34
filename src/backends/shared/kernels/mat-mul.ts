import type { Activation } from "../../../core/ops/linear.js";
import { linear } from "../../../core/ops/linear.js";
import type { TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../open-device.js";
import { fused } from "../call-backend.js";
import type { BaseKernels, CallBackend, KernelAttrs, KernelInputs } from "../call-backend.js";
import { allFloat, lastAxis, sizeOf } from "../shapes.js";

/** The numbers of `Activation` in cc/kern/micro.h. */
const activations: Readonly<Record<Activation | "linear" | "relu", number>> = {
  none: 0,
  linear: 0,
  gelu: 1,
  gelu_tanh: 2,
  silu: 3,
  relu: 4,
};

/** Matrix products: plain, batched, transposed, with bias and activation. */
export const matMulKernels: BaseKernels = {
  BatchMatMul: (inputs, attrs, backend) => product(inputs, attrs, backend),
  _FusedMatMul: (inputs, attrs, backend) => {
    const { a, b, bias, preluActivationWeights } = inputs as FusedInputs;
    const activation = activations[attrs["activation"] as "linear"] as number | undefined;
    if (preluActivationWeights || activation === undefined || !fitsColumns(b, attrs, bias)) return undefined;
    return product({ a, b }, attrs, backend, bias, activation);
  },
};

/** x·Wᵀ + b. */
export const linearKernels: KernelTable = fused(linear, (inputs, attrs, backend) => {
  const { x, weight, bias } = inputs as { x: TensorInfo; weight: TensorInfo; bias?: TensorInfo };
  if (!allFloat(x, weight, bias)) return undefined;
  const k = lastAxis(x.shape);
  const n = weight.shape[0] ?? 0;
  const out = backend.activation([...x.shape.slice(0, -1), n]);
  const sizes = [1, sizeOf(x.shape) / Math.max(1, k), n, k] as const;
  const activation = activations[attrs["activation"] as Activation];
  backend.call("gemm")(
      out.values, backend.floats(x), backend.floats(weight), bias ? backend.f32(bias) : null,
      ...sizes, 0, 1, 0, 0, activation, Number(backend.bf16),
    ); // prettier-ignore
  return out.info;
});

type FusedInputs = {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
};

function fitsColumns(b: TensorInfo, attrs: KernelAttrs, bias: TensorInfo | undefined): boolean {
  const columns = b.shape[b.shape.length - (attrs["transposeB"] ? 2 : 1)];
  return bias === undefined || (sizeOf(bias.shape) === columns && lastAxis(bias.shape) === columns);
}

/** a·b over the last two axes; of the axes before, a missing or single one is repeated. */
function product(
  inputs: KernelInputs,
  attrs: KernelAttrs,
  backend: CallBackend,
  bias?: TensorInfo,
  activation = 0,
): TensorInfo | undefined {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  const [ta, tb] = [Boolean(attrs["transposeA"]), Boolean(attrs["transposeB"])];
  const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
  const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
  const [m, k] = ta ? [columnsA, rowsA] : [rowsA, columnsA];
  const [inner, n] = tb ? [columnsB, rowsB] : [rowsB, columnsB];
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [countA, countB] = [sizeOf(batchA), sizeOf(batchB)];
  // One side may serve the whole batch; axes that repeat within a batch are left to tfjs.
  const matrices = a.shape.length >= 2 && b.shape.length >= 2;
  const serves = countA === 1 || countB === 1 || batchA.join() === batchB.join();
  if (!matrices || !serves || k !== inner || !allFloat(a, b, bias)) return undefined;
  const batch = batchShape(batchA, batchB);
  const out = backend.output([...batch, m, n]);
  backend.call("gemm")(
    out.values, backend.floats(a), backend.floats(b), bias ? backend.f32(bias) : null,
    sizeOf(batch), m, n, k, Number(ta), Number(tb), countA === 1 ? 0 : m * k, countB === 1 ? 0 : k * n, activation, Number(backend.bf16),
  ); // prettier-ignore
  return out.info;
}

function batchShape(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    return x === 1 ? y : x;
  });
}
