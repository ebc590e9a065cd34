import type { Activation } from "../../../core/ops/linear.js";
import { linear } from "../../../core/ops/linear.js";
import { tf } from "../../../core/tensor.js";
import type { KernelConfig, TensorInfo } from "../../../core/tensor.js";
import { fusedKernels } from "../../shared/fused.js";
import type { KernelTable } from "../../shared/open-device.js";
import { allFloat, lastAxis, sizeOf } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import type { Shader } from "../shader.js";
import { addRows, columnSums } from "./column-sums.js";
import { matrixGemmShader, matrixTile } from "./gemm-matrix-shader.js";
import { halfScale } from "./half-scale.js";
import { gemmShader } from "./gemm-shader.js";
import type { ProductForm } from "./gemm-shader.js";

/** A product of matrices, or of batches of them. */
interface Product {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly bias?: TensorInfo | undefined;
  readonly activation?: Activation;
  /** May be computed in half floats, where the backend does. */
  readonly half?: boolean;
  /** What brings a into their range. */
  readonly scale?: TensorInfo | undefined;
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
  const { tile, shader } = tiling(backend, p, batch.count);
  const tiles: [number, number] = [Math.ceil(N / tile), Math.ceil(M / tile)];
  const wide = (row: number, stride: number): boolean => row % 4 === 0 && stride % 4 === 0;
  const form = {
    turnA: p.turnA,
    turnB: p.turnB,
    wideA: wide(p.turnA ? M : K, batch.strideA),
    wideB: wide(p.turnB ? K : N, batch.strideB),
    scaled: p.scale !== undefined,
  };
  const scale = p.scale ? [p.scale] : [];
  const groups = tiles[0] * tiles[1] * batch.count;
  const parts =
    !backend.software && batch.count === 1 && !p.bias && !p.activation
      ? Math.min(16, Math.floor(K / 256), Math.ceil(fewGroups / groups))
      : 1;
  if (parts > 1) {
    const inner = Math.ceil(K / parts / 16) * 16;
    const used = Math.ceil(K / inner);
    const sums = backend.output([used, M, N]);
    const numbers = [M, N, K, 0, 0, inner, 1];
    backend.run(shader({ ...form, bias: false, activation: "none" }), {
      reads: [p.a, p.b, ...scale],
      writes: [sums],
      numbers,
      groups: [...tiles, used],
    });
    addRows(backend, sums, out, used, M * N);
    backend.free(sums);
    return out;
  }
  backend.run(shader({ ...form, bias: p.bias !== undefined, activation: p.activation ?? "none" }), {
    reads: [p.a, p.b, ...(p.bias ? [p.bias] : []), ...scale],
    writes: [out],
    numbers: [M, N, K, batch.strideA, batch.strideB, K, 0],
    groups: [...tiles, batch.count],
  });
  return out;
}

/** Rows and columns of c that a workgroup computes, and the shader that does. */
interface Tiling {
  readonly tile: number;
  shader(form: ProductForm): Shader;
}

/** The GPU's matrix units where it has them; large tiles where they still fill the GPU. */
function tiling({ software, unit, precision }: WebGpuBackend, { M, N, half }: Product, count: number): Tiling {
  const large = !software && Math.ceil(M / 128) * Math.ceil(N / 128) * count >= fewGroups;
  if (unit && half) {
    // Both kinds of tiles fit into the workgroup memory of every device.
    const sizes = large ? { block: 64, step: 16 } : { block: 32, step: 32 };
    return { tile: matrixTile(sizes), shader: (form) => matrixGemmShader({ ...form, unit, ...sizes }) };
  }
  // A processor compiles workgroup memory number by number, so it gets little of it.
  const side = software ? 8 : 16;
  const each = large ? 8 : 4;
  return { tile: side * each, shader: (form) => gemmShader({ ...form, half: half === true && precision === "f16", each, side }) };
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
        return multiply(backend, { a: x, b: weight, bias, activation, turnA: false, turnB: true, half: true, shape, ...sizes });
      },
      (inputs, _attrs, backend) => {
        const { dy, x, weight, bias } = inputs as { dy: TensorInfo; x: TensorInfo; weight: TensorInfo; bias?: TensorInfo };
        const sizes = linearSizes(x, weight, bias);
        if (!sizes || !allFloat(dy)) return undefined;
        const { M, N, K } = sizes;
        const scale = backend.precision === "f16" ? halfScale(backend, dy) : undefined;
        const pull = { a: dy, turnB: false, half: true, scale };
        const dx = multiply(backend, { ...pull, b: weight, turnA: false, shape: x.shape, M, N: K, K: N });
        const dweight = multiply(backend, { ...pull, b: x, turnA: true, shape: weight.shape, M: N, N: K, K: M });
        if (scale) backend.free(scale);
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
