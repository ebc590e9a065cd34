import { linear } from "../../core/ops/linear.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/** How a window moves over an image: by 1 or 2 pixels, over edges widened by `pad` rows and columns. */
export interface Window {
  readonly stride?: 1 | 2;
  readonly pad?: readonly [rows: number, columns: number];
}

/**
 * Convolution of images `[B,H,W,C]` with a PyTorch weight `[O,C,kh,kw]` (cross-correlation) as one matrix product, which every backend is
 * good at: pixels under the window side by side, `[B,h,w,kh·kw·C]`, times the weight.
 */
export function convolve(x: Tensor, weight: Tensor, bias: Tensor | undefined, window: Window = {}): Tensor {
  const [outputs = 0, channels = 0, kh = 0, kw = 0] = weight.shape;
  const under = taps(x, kh, kw, window);
  const [B = 0, h = 0, w = 0] = under[0]?.shape ?? [];
  const rows = under.length === 1 ? (under[0] as Tensor) : tf.concat(under, 3);
  const matrix = tf.reshape(tf.transpose(weight, [0, 2, 3, 1]), [outputs, kh * kw * channels]);
  const flat = linear({ x: tf.reshape(rows, [B * h * w, kh * kw * channels]), weight: matrix, bias }, { activation: "none" });
  return tf.reshape(flat, [B, h, w, outputs]);
}

/** Largest number under a window, for numbers that are not negative: edges are widened by zeros. */
export function maxPool(x: Tensor, size: number, window: Window): Tensor {
  return taps(x, size, size, window).reduce((a, b) => tf.maximum(a, b));
}

/** Mean under a window of 3x3 that moves by 1; `edges` says whether the zeros around the image are counted. */
export function meanPool(x: Tensor, edges: "counted" | "left out"): Tensor {
  const sum = tf.addN(taps(x, 3, 3, { pad: [1, 1] }));
  if (edges === "counted") return tf.div(sum, 9);
  const [, H = 0, W = 0] = x.shape;
  const inside = (i: number, n: number): number => 3 - Number(i === 0) - Number(i === n - 1);
  const counts = Float32Array.from({ length: H * W }, (_, at) => inside(Math.floor(at / W), H) * inside(at % W, W));
  return tf.div(sum, tf.tensor(counts, [1, H, W, 1]));
}

/** What lies at each place of a window of `kh` by `kw`, row by row: images `[B,h,w,C]`. */
function taps(x: Tensor, kh: number, kw: number, { stride = 1, pad = [0, 0] }: Window): Tensor[] {
  const [B = 0, H = 0, W = 0, C = 0] = x.shape;
  const [rows, columns] = pad;
  const h = Math.floor((H + 2 * rows - kh) / stride) + 1;
  const w = Math.floor((W + 2 * columns - kw) / stride) + 1;
  if (h < 1 || w < 1) throw new Error(`images of ${H}x${W} are too small for a window of ${kh}x${kw}; give larger ones`);
  // With stride 2 an even number of rows and columns, so that odd and even ones can be told apart by reshaping.
  const odd = (n: number): number => (stride === 2 ? n % 2 : 0);
  const wide = [H + 2 * rows, W + 2 * columns] as const;
  const [bottom, right] = [rows + odd(wide[0]), columns + odd(wide[1])];
  const whole = rows + bottom + columns + right > 0 ? tf.pad(x, [[0, 0], [rows, bottom], [columns, right], [0, 0]]) : x; // prettier-ignore
  const [, tall = 0, broad = 0] = whole.shape;
  const places = Array.from({ length: kh * kw }, (_, at) => [Math.floor(at / kw), at % kw] as const);
  if (stride === 1) return places.map(([i, j]) => tf.slice(whole, [0, i, j, 0], [B, h, w, C]));
  const parted = tf.reshape(whole, [(B * tall) / 2, 2, broad / 2, 2 * C]);
  const parity = [0, 1].map((i) =>
    [0, 1].map((j) => tf.reshape(tf.slice(parted, [0, i, 0, j * C], [-1, 1, -1, C]), [B, tall / 2, broad / 2, C])),
  );
  return places.map(([i, j]) => {
    const part = parity[i % 2]?.[j % 2];
    if (!part) throw new Error("no such place");
    return tf.slice(part, [0, Math.floor(i / 2), Math.floor(j / 2), 0], [B, h, w, C]);
  });
}
