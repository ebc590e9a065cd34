import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

const params = z.object({
  prob: z.number().min(0).max(1).default(1).describe("chance, of the batch, of each of the three changes"),
  cutout: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("side of the box that is blanked, as a share of the image's; 0 blanks none"),
});

/**
 * Differentiable augmentation (arXiv 2006.10738): moves images by up to an eighth of their side, changes brightness, saturation and
 * contrast, blanks a box. Each of the three is done to the whole batch or not, with draws of its own for each sample. Blank is mid-grey.
 */
export const diffAugment = defineNode({
  kind: "map",
  type: "image.diff_augment",
  version: 1,
  note: "Random moves, colours and cut-outs that gradients pass, before a critic sees images.",
  inputs: { image: tensor("f32[B,H,W,C]", "about [0,1]") },
  outputs: { image: tensor("f32[B,H,W,C]") },
  params,
  run({ image }, { prob, cutout }, { random }) {
    if (prob < 1e-6) return { image };
    const [batch = 0] = image.shape;
    // r0 … r6: place (2), brightness, saturation, contrast, place of the box (2).
    const draws = tf.unstack(random.uniform([7, batch, 1, 1], "change"), 0);
    const switches = prob < 1 ? tf.unstack(tf.cast(tf.less(random.uniform([3], "switch"), prob), "float32"), 0) : [];
    const at = (i: number): Tensor => draws[i] as Tensor;
    const [moves, colours, cuts] = switches;
    let x = tf.sub(tf.mul(image, 2), 1);
    x = move(x, at(0), at(1), moves);
    x = recolour(x, at(2), at(3), at(4), colours);
    if (cutout > 0) x = cut(x, at(5), at(6), cutout, cuts);
    return { image: tf.mul(tf.add(x, 1), 0.5) };
  },
});

/** Pixel (i,j) becomes pixel (i+dy, j+dx), zero outside; x `[B,H,W,C]` in [-1,1], draws `[B,1,1]`. */
function move(x: Tensor, down: Tensor, right: Tensor, on: Tensor | undefined): Tensor {
  const [B = 0, H = 0, W = 0, C = 0] = x.shape;
  const rows = tf.matMul(shift(H, down, on), tf.reshape(x, [B, H, W * C]));
  // [B,W,W] times every row: the columns of all rows at once.
  const columns = tf.reshape(tf.transpose(tf.reshape(rows, [B, H, W, C]), [0, 2, 1, 3]), [B, W, H * C]);
  return tf.transpose(tf.reshape(tf.matMul(shift(W, right, on), columns), [B, W, H, C]), [0, 2, 1, 3]);
}

/** `[B,side,side]`, 1 where column = row + d, d = floor(draw·(2δ+1)) − δ with δ an eighth of the side. */
function shift(side: number, draw: Tensor, on: Tensor | undefined): Tensor {
  const most = Math.round(side * 0.125);
  const step = tf.sub(tf.floor(tf.mul(draw, 2 * most + 1)), most);
  const by = on ? tf.mul(step, on) : step;
  return tf.cast(tf.equal(tf.reshape(steps(side), [1, 1, side]), tf.add(tf.reshape(steps(side), [1, side, 1]), by)), "float32");
}

function recolour(x: Tensor, brightness: Tensor, saturation: Tensor, contrast: Tensor, on: Tensor | undefined): Tensor {
  const [B = 0] = x.shape;
  const perSample = (value: Tensor): Tensor => tf.reshape(value, [B, 1, 1, 1]);
  const often = (value: Tensor): Tensor => (on ? tf.mul(value, on) : value);
  const brighter = tf.add(x, often(perSample(tf.sub(brightness, 0.5))));
  const grey = tf.mean(brighter, 3, true);
  const factor = tf.add(1, often(perSample(tf.sub(tf.mul(saturation, 2), 1))));
  const coloured = tf.add(tf.mul(tf.sub(brighter, grey), factor), grey);
  const mean = tf.mean(coloured, [1, 2, 3], true);
  return tf.add(tf.mul(tf.sub(coloured, mean), tf.add(1, often(perSample(tf.sub(contrast, 0.5))))), mean);
}

/** Zero in a box of round(side·ratio) around a random centre. */
function cut(x: Tensor, down: Tensor, right: Tensor, ratio: number, on: Tensor | undefined): Tensor {
  const [B = 0, H = 0, W = 0] = x.shape;
  const inside = (side: number, draw: Tensor): Tensor => {
    const size = Math.round(side * ratio);
    const from = tf.sub(tf.floor(tf.mul(draw, side + (1 - (size % 2)))), Math.floor(size / 2));
    const place = tf.reshape(steps(side), [1, side, 1]);
    return tf.cast(tf.logicalAnd(tf.greaterEqual(place, from), tf.less(place, tf.add(from, size))), "float32");
  };
  const box = tf.mul(tf.reshape(inside(H, down), [B, H, 1, 1]), tf.reshape(inside(W, right), [B, 1, W, 1]));
  return tf.mul(x, tf.sub(1, on ? tf.mul(box, on) : box));
}

/** 0, 1, … */
function steps(side: number): Tensor {
  return tf.tensor1d(Float32Array.from({ length: side }, (_, i) => i));
}
