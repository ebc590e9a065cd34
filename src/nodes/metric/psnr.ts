import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { optional, tensor } from "../../core/port.js";
import { meansByGroup } from "./groups.js";
import { imageLevel } from "./image-level.js";

/** Mean squared errors below this count as this: equal images have 100 dB. */
const smallestError = 1e-10;

/**
 * Peak signal-to-noise ratio in dB, the mean over images of 20·log10(1/√mse) for images in [0,1]. Both are clamped and, as the
 * published evaluation does, first rounded to 8 bits.
 */
export const psnr = defineNode({
  kind: "reducer",
  type: "metric.psnr",
  version: 1,
  note: "Peak signal-to-noise ratio between images and a reference, in dB.",
  inputs: {
    image: tensor("f32[B,H,W,c]", "in [0,1]"),
    reference: tensor("f32[B,H,W,c]", "in [0,1]"),
    by: optional(tensor("f32[B]", "a number of each image, e.g. of a list of noises; each gets a result psnr@number")),
  },
  outputs: {},
  params: z.object({ quantize: z.boolean().default(true).describe("round to 8 bits first, as saved images are") }),
  start({ quantize }) {
    const level = imageLevel(quantize);
    const means = meansByGroup();
    return {
      add({ image, reference, by }) {
        const [batch = 0, ...shape] = image.shape;
        const size = shape.reduce((a, b) => a * b, 1);
        for (let i = 0; i < batch; i++) {
          let squares = 0;
          for (let at = i * size; at < (i + 1) * size; at++)
            squares += (level(image.data[at] ?? NaN) - level(reference.data[at] ?? NaN)) ** 2;
          means.add(20 * Math.log10(1 / Math.sqrt(Math.max(squares / size, smallestError))), by?.data[i]);
        }
      },
      finish() {
        if (means.count === 0) throw new Error("metric.psnr saw no images; give its phase at least one step");
        return means.results("psnr");
      },
    };
  },
});
