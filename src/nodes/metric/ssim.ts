import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import type { HostArray } from "../../core/tensor.js";
import { imageLevel } from "./image-level.js";

/** Taps of the Gaussian window and its deviation. */
const [taps, deviation] = [11, 1.5];
/** Added to the two denominators, for numbers in [0,1]: (0.01)² and (0.03)². */
const [c1, c2] = [0.01 ** 2, 0.03 ** 2];

/**
 * Structural similarity (Wang et al. 2004), the mean over images: 11x11 Gaussian windows of deviation 1.5, biased moments, each channel by
 * itself; float64. Images are clamped to [0,1] and rounded to 8 bits first, as for the PSNR.
 */
export const ssim = defineNode({
  kind: "reducer",
  type: "metric.ssim",
  version: 1,
  note: "Structural similarity between images and a reference.",
  inputs: { image: tensor("f32[B,H,W,c]", "in [0,1]"), reference: tensor("f32[B,H,W,c]", "in [0,1]") },
  outputs: {},
  params: z.object({
    quantize: z.boolean().default(true).describe("round to 8 bits first, as saved images are"),
    border: z
      .enum(["inside", "reflect"])
      .default("inside")
      .describe(
        "inside: windows that lie wholly in the image; reflect: one window for each pixel, the image mirrored at its edges",
      ),
  }),
  dims(_params, { H, W }) {
    if (Math.min(H ?? taps, W ?? taps) < taps) throw new Error(`images of ${H}x${W} hold no window of ${taps}x${taps}`);
    return {};
  },
  start({ quantize, border }) {
    const level = imageLevel(quantize);
    let sum = 0;
    let images = 0;
    return {
      add({ image, reference }) {
        const [batch = 0, H = 0, W = 0, c = 0] = image.shape;
        const size = H * W * c;
        for (let i = 0; i < batch; i++) {
          const read = ({ data }: HostArray): Grid => {
            const grid = { H, W, c, data: Float64Array.from(data.subarray(i * size, (i + 1) * size), level) };
            return border === "inside" ? grid : mirrored(grid);
          };
          sum += similarity(read(image), read(reference));
        }
        images += batch;
      },
      finish() {
        if (images === 0) throw new Error("metric.ssim saw no images; give its phase at least one step");
        return { ssim: sum / images };
      },
    };
  },
});

const window = Float64Array.from({ length: taps }, (_, i) => Math.exp(-((i - (taps - 1) / 2) ** 2) / (2 * deviation ** 2)));
const total = window.reduce((a, b) => a + b, 0);

/** An image `[H,W,c]`. */
interface Grid {
  readonly H: number;
  readonly W: number;
  readonly c: number;
  readonly data: Float64Array;
}

/** The image with 5 pixels more at each edge, which is not repeated itself. */
function mirrored({ H, W, c, data }: Grid): Grid {
  const edge = (taps - 1) / 2;
  const [tall, wide] = [H + 2 * edge, W + 2 * edge];
  const within = (at: number, size: number): number => (at < 0 ? -at : at >= size ? 2 * size - 2 - at : at);
  const out = Float64Array.from({ length: tall * wide * c }, (_, i) => {
    const [y, x] = [Math.floor(i / (wide * c)) - edge, (Math.floor(i / c) % wide) - edge];
    return data[(within(y, H) * W + within(x, W)) * c + (i % c)] ?? NaN;
  });
  return { H: tall, W: wide, c, data: out };
}

/** Mean similarity of two images over the windows that lie inside. */
function similarity({ H, W, c, data: a }: Grid, { data: b }: Grid): number {
  const product = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => value * (y[i] ?? NaN));
  const [ma, mb, aa, bb, ab] = [a, b, product(a, a), product(b, b), product(a, b)].map((x) => blur(x, H, W, c));
  let sum = 0;
  const count = ma?.length ?? 0;
  for (let i = 0; i < count; i++) {
    const [x = NaN, y = NaN] = [ma?.[i], mb?.[i]];
    const variance = (aa?.[i] ?? NaN) - x * x + (bb?.[i] ?? NaN) - y * y;
    const covariance = (ab?.[i] ?? NaN) - x * y;
    sum += ((2 * x * y + c1) * (2 * covariance + c2)) / ((x * x + y * y + c1) * (variance + c2));
  }
  return sum / count;
}

/** Means over the windows that lie inside: `[H,W,c]` -> `[H-10,W-10,c]`. */
function blur(x: Float64Array, H: number, W: number, c: number): Float64Array {
  const rows = along(x, H - taps + 1, W * c);
  const width = (W - taps + 1) * c;
  const out = new Float64Array((H - taps + 1) * width);
  for (let row = 0; row <= H - taps; row++)
    out.set(along(rows.subarray(row * W * c, (row + 1) * W * c), W - taps + 1, c), row * width);
  return out;
}

/** Weighted means of 11 neighbours along the first axis of `[count+10,width]`. */
function along(x: Float64Array, count: number, width: number): Float64Array {
  const out = new Float64Array(count * width);
  for (let tap = 0; tap < taps; tap++) {
    const share = (window[tap] ?? 0) / total;
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) + share * (x[i + tap * width] ?? NaN);
  }
  return out;
}
