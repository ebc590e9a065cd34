import type { Activation } from "../../../core/ops/linear.js";
import { linear } from "../../../core/ops/linear.js";
import { tf } from "../../../core/tensor.js";
import type { KernelConfig, TensorInfo } from "../../../core/tensor.js";
import { fusedKernels } from "../../shared/fused.js";
import type { KernelTable } from "../../shared/open-device.js";
import { allFloat, lastAxis, sizeOf } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import { addRows, columnSums } from "./column-sums.js";
import { gemmShader } from "./gemm-shader.js";

/** A product of matrices, or of batches of them. */
interface Product {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly bias?: TensorInfo | undefined;
  readonly activation?: Activation;
  readonly turnA: boolean;
  readonly turnB: boolean;
  readonly shape: readonly number[];
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly batch?: { readonly count: number; readonly strideA: number; readonly strideB: number };
}

/** Workgroups below which a long inner axis is split, to keep a GPU busy. */
const fewGroups = 128;

/** Computes c = a·b (+ bias, activation). */
export function multiply(backend: WebGpuBackend, p: Product): TensorInfo {
  const { M, N, K, batch = { count: 1, strideA: 0, strideB: 0 } } = p;
  const out = backend.output(p.shape);
  // A processor compiles workgroup memory number by number, so it gets little of it.
  const side = backend.software ? 8 : 16;
  const large = !backend.software && Math.ceil(M / 128) * Math.ceil(N / 128) * batch.count >= fewGroups;
  const each = large ? 8 : 4;
  const tiles: [number, number] = [Math.ceil(N / (side * each)), Math.ceil(M / (side * each))];
  const wide = (row: number, stride: number): boolean => row % 4 === 0 && stride % 4 === 0;
  const form = {
    turnA: p.turnA,
    turnB: p.turnB,
    wideA: wide(p.turnA ? M : K, batch.strideA),
    wideB: wide(p.turnB ? K : N, batch.strideB),
    half: backend.precision === "f16",
    each,
    side,
  } as const;
  const groups = tiles[0] * tiles[1] * batch.count;
  const parts =
    !backend.software && batch.count === 1 && !p.bias && !p.activation
      ? Math.min(16, Math.floor(K / 256), Math.ceil(fewGroups / groups))
      : 1;
  if (parts > 1) {
    const inner = Math.ceil(K / parts / 16) * 16;
    const used = Math.ceil(K / inner);
    const sums = backend.output([used, M, N]);
    const shader = gemmShader({ ...form, bias: false, activation: "none" });
    const numbers = [M, N, K, 0, 0, inner, 1];
    backend.run(shader, { reads: [p.a, p.b], writes: [sums], numbers, groups: [...tiles, used] });
    addRows(backend, sums, out, used, M * N);
    backend.free(sums);
    return out;
  }
  backend.run(gemmShader({ ...form, bias: p.bias !== undefined, activation: p.activation ?? "none" }), {
    reads: p.bias ? [p.a, p.b, p.bias] : [p.a, p.b],
    writes: [out],
    numbers: [M, N, K, batch.strideA, batch.strideB, K, 0],
    groups: [...tiles, batch.count],
  });
  return out;
}

/** Linear layers with their three gradients, and tfjs's product of batches with `fallback` for what ours does not serve. */
export function matMulKernels(fallback: KernelConfig["kernelFunc"]): KernelTable {
  return {
    BatchMatMul: (call) => batchProduct(call as unknown as BatchCall) ?? fallback(call),
    ...fusedKernels<WebGpuBackend>(
      linear,
      (inputs, attrs, backend) => {
        const { x, weight, bias } = inputs as { x: TensorInfo; weight: TensorInfo; bias?: TensorInfo };
        const sizes = linearSizes(x, weight, bias);
        if (!sizes) return undefined;
        const shape = [...x.shape.slice(0, -1), sizes.N];
        const activation = attrs["activation"] as Activation;
        return multiply(backend, { a: x, b: weight, bias, activation, turnA: false, turnB: true, shape, ...sizes });
      },
      (inputs, _attrs, backend) => {
        const { dy, x, weight, bias } = inputs as { dy: TensorInfo; x: TensorInfo; weight: TensorInfo; bias?: TensorInfo };
        const sizes = linearSizes(x, weight, bias);
        if (!sizes || !allFloat(dy)) return undefined;
        const { M, N, K } = sizes;
        const dx = multiply(backend, { a: dy, b: weight, turnA: false, turnB: false, shape: x.shape, M, N: K, K: N });
        const dweight = multiply(backend, { a: dy, b: x, turnA: true, turnB: false, shape: weight.shape, M: N, N: K, K: M });
        return [dx, dweight, ...(bias ? [columnSums(backend, dy, M, N, bias.shape)] : [])];
      },
    ),
  };
}

function linearSizes(
  x: TensorInfo,
  weight: TensorInfo,
  bias: TensorInfo | undefined,
): { M: number; N: number; K: number } | undefined {
  const K = lastAxis(x.shape);
  const N = weight.shape[0] ?? 0;
  if (!allFloat(x, weight, bias) || sizeOf(x.shape) === 0 || N === 0) return undefined;
  return { M: sizeOf(x.shape) / K, N, K };
}

interface BatchCall {
  readonly inputs: { readonly a: TensorInfo; readonly b: TensorInfo };
  readonly attrs: { readonly transposeA: boolean; readonly transposeB: boolean };
  readonly backend: WebGpuBackend;
}

/** a·b over the last two axes where one side serves the whole batch or both have the same batch. */
function batchProduct({ inputs: { a, b }, attrs, backend }: BatchCall): TensorInfo | undefined {
  const { transposeA: turnA, transposeB: turnB } = attrs;
  const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
  const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
  const [M, K] = turnA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [inner, N] = turnB ? [columnsB, rowsB] : [rowsB, columnsB];
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [countA, countB] = [sizeOf(batchA), sizeOf(batchB)];
  const serves = countA === 1 || countB === 1 || batchA.join() === batchB.join();
  const count = Math.max(countA, countB);
  if (!serves || K !== inner || !allFloat(a, b) || sizeOf(a.shape) * sizeOf(b.shape) === 0 || count > 65_535) return undefined;
  const shape = [...tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB), M, N];
  const batch = { count, strideA: countA === 1 ? 0 : M * K, strideB: countB === 1 ? 0 : K * N };
  return multiply(backend, { a, b, turnA, turnB, shape, M, N, K, batch });
}
