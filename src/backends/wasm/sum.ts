import { tf } from "../../core/tensor.js";
import type { KernelConfig, TensorInfo } from "../../core/tensor.js";
import { sizeOf } from "../shared/shapes.js";
import type { WasmBackend } from "./wasm-backend.js";

type KernelFunc = KernelConfig["kernelFunc"];

/**
 * Sums, or means, over neighbouring axes, added up in double precision. tfjs's own kernels add one number after the other in single
 * precision, which costs a long row its last two digits; `stock` does what is left: other axes, other numbers.
 */
export function preciseSum(stock: KernelFunc, mean: boolean): KernelFunc {
  return (call) => {
    const { x } = call.inputs as { x: TensorInfo };
    const { axis, keepDims } = call.attrs as { axis: number | number[]; keepDims?: boolean };
    const axes = tf.util.parseAxisParam(axis, [...x.shape]);
    const [first = 0, last = 0] = [Math.min(...axes), Math.max(...axes)];
    if (x.dtype !== "float32" || axes.length === 0 || last - first + 1 !== axes.length) return stock(call);
    const [outer, count, inner] = [x.shape.slice(0, first), x.shape.slice(first, last + 1), x.shape.slice(last + 1)].map(sizeOf);
    const kept = x.shape.flatMap((size, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [size]));
    const backend = call.backend as WasmBackend;
    const out = backend.makeOutput(kept, "float32");
    // Views end with an allocation, so they come last.
    const [from, to] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(out)] as [Float32Array, Float32Array];
    addUp(from, to, outer ?? 1, count ?? 1, inner ?? 1, mean ? 1 / (count ?? 1) : 1);
    return out;
  };
}

/** x `[outer,count,inner]` to `scale` times its sums over count. The casts only tell the compiler that the indices lie inside. */
function addUp(x: Float32Array, out: Float32Array, outer: number, count: number, inner: number, scale: number): void {
  if (inner === 1) {
    for (let o = 0; o < outer; o++) out[o] = scale * rowSum(x, o * count, count);
    return;
  }
  const sums = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    sums.fill(0);
    for (let at = o * count * inner; at < (o + 1) * count * inner; at += inner)
      for (let i = 0; i < inner; i++) sums[i] = (sums[i] as number) + (x[at + i] as number);
    for (let i = 0; i < inner; i++) out[o * inner + i] = scale * (sums[i] as number);
  }
}

/** Four sums side by side: an addition need not wait for the one before it. */
function rowSum(x: Float32Array, from: number, count: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = from + count;
  let at = from;
  for (; at + 4 <= end; at += 4) {
    a += x[at] as number;
    b += x[at + 1] as number;
    c += x[at + 2] as number;
    d += x[at + 3] as number;
  }
  for (; at < end; at++) a += x[at] as number;
  return a + b + (c + d);
}
