import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/** How values between pixels are found; with half-pixel centres (PyTorch's `align_corners=False`), but for `bilinear_corner`. */
export type ResizeMethod = "bicubic" | "bicubic_antialias" | "bilinear" | "bilinear_corner";

/**
 * A resize along one axis as a matrix `[outSize,inSize]`, computed in float64; equal to PyTorch's `interpolate` to rounding.
 * `bicubic` takes 4 neighbours (Keys' kernel, a = −0.75, edges repeated), `bicubic_antialias` widens its kernel (a = −0.5) where it
 * shrinks and makes its weights add up to 1, `bilinear` takes 2 neighbours; `bilinear_corner` counts from the corner, as TensorFlow 1 does.
 */
export function resizeMatrix(method: ResizeMethod, inSize: number, outSize: number): Float32Array {
  const matrix = new Float64Array(outSize * inSize);
  const scale = inSize / outSize;
  for (let i = 0; i < outSize; i++)
    for (const [tap, share] of taps[method](i, scale, inSize)) {
      const at = i * inSize + Math.min(Math.max(tap, 0), inSize - 1);
      matrix[at] = (matrix[at] ?? 0) + share;
    }
  return Float32Array.from(matrix);
}

/** Images or grids `[B,H,W,C]` -> `[B,height,width,C]`. Over- and undershoot of bicubic kernels is kept. */
export function resize(x: Tensor, method: ResizeMethod, height: number, width: number): Tensor {
  const [B = 0, H = 0, W = 0, C = 0] = x.shape;
  const rows = H === height ? x : tf.matMul(matrixOf(method, H, height), tf.reshape(x, [B, H, W * C]));
  if (W === width) return tf.reshape(rows, [B, height, W, C]);
  const columns = tf.matMul(matrixOf(method, W, width), tf.reshape(rows, [B * height, W, C]));
  return tf.reshape(columns, [B, height, width, C]);
}

function matrixOf(method: ResizeMethod, inSize: number, outSize: number): Tensor {
  return tf.tensor3d(resizeMatrix(method, inSize, outSize), [1, outSize, inSize]);
}

type Taps = (i: number, scale: number, inSize: number) => readonly (readonly [tap: number, share: number])[];

const taps: Readonly<Record<ResizeMethod, Taps>> = {
  bicubic(i, scale) {
    const at = scale * (i + 0.5) - 0.5;
    const first = Math.floor(at) - 1;
    return [0, 1, 2, 3].map((k) => [first + k, cubic(at - first - k, -0.75)]);
  },
  bicubic_antialias(i, scale, inSize) {
    const center = scale * (i + 0.5);
    const stretch = Math.max(scale, 1);
    const from = Math.max(Math.trunc(center - 2 * stretch + 0.5), 0);
    const to = Math.min(Math.trunc(center + 2 * stretch + 0.5), inSize);
    const shares = Array.from({ length: to - from }, (_, k) => cubic((from + k - center + 0.5) / stretch, -0.5));
    const sum = shares.reduce((a, b) => a + b, 0);
    return shares.map((share, k) => [from + k, share / sum]);
  },
  bilinear(i, scale) {
    const at = Math.max(scale * (i + 0.5) - 0.5, 0);
    const first = Math.trunc(at);
    return [
      [first, 1 - (at - first)],
      [first + 1, at - first],
    ];
  },
  bilinear_corner(i, scale) {
    const first = Math.floor(scale * i);
    return [
      [first, 1 - (scale * i - first)],
      [first + 1, scale * i - first],
    ];
  },
};

/** Keys' cubic convolution kernel with parameter a. */
function cubic(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}
