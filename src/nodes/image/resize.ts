import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { resize } from "../parts/resize.js";

const params = z.object({
  size: z.number().int().min(1).describe("side of the square that comes out"),
  method: z
    .enum(["bicubic", "bicubic_antialias", "bilinear"])
    .default("bicubic")
    .describe("bicubic without antialiasing is what the reference does before its encoders"),
  crop: z.enum(["none", "center"]).default("none").describe("what happens to images that are not square: none refuses them"),
});

/**
 * Images to a square of another side, as PyTorch's `interpolate` does it with `align_corners=False`; not clamped, so bicubic edges may
 * leave [0,1]. `crop: center` first cuts the largest square out of the middle.
 */
export const resizeImage = defineNode({
  kind: "map",
  type: "image.resize",
  version: 1,
  note: "Resizes images to a square, e.g. to the side that an encoder wants.",
  pure: "sample",
  inputs: { image: tensor("f32[B,H,W,c]") },
  outputs: { image: tensor("f32[B,S,S,c]", "not clamped") },
  params,
  dims(p, { H, W }) {
    if (H !== undefined && W !== undefined && H !== W && p.crop === "none")
      throw new Error(`images of ${H}x${W} are not square; set crop: center, or crop them before`);
    return { S: p.size };
  },
  run({ image }, p) {
    const [, H = 0, W = 0] = image.shape;
    const side = Math.min(H, W);
    const square =
      H === W ? image : tf.slice(image, [0, Math.floor((H - side) / 2), Math.floor((W - side) / 2), 0], [-1, side, side, -1]);
    return { image: resize(square, p.method, p.size, p.size) };
  },
});
