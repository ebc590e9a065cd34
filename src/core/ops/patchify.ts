import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";

/** Cuts `[B,H,W,C]` into p×p patches, row by row: `[B,(H/p)·(W/p),p·p·C]`, the channel fastest. */
export function patchify(x: Tensor, p: number): Tensor {
  const [B = 0, H = 0, W = 0, C = 0] = x.shape;
  if (p === 1) return tf.reshape(x, [B, H * W, C]);
  const cut = tf.transpose(tf.reshape(x, [B * (H / p), p, W / p, p * C]), [0, 2, 1, 3]);
  return tf.reshape(cut, [B, (H / p) * (W / p), p * p * C]);
}

/** The way back: tokens `[B,h·w,p·p·C]` -> `[B,h·p,w·p,C]`. */
export function unpatchify(tokens: Tensor, p: number, h: number, w: number): Tensor {
  const [B = 0, , numbers = 0] = tokens.shape;
  const C = numbers / (p * p);
  if (p === 1) return tf.reshape(tokens, [B, h, w, C]);
  const cut = tf.transpose(tf.reshape(tokens, [B * h, w, p, p * C]), [0, 2, 1, 3]);
  return tf.reshape(cut, [B, h * p, w * p, C]);
}
