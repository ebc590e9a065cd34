import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { Packet } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import { tensor } from "../../core/port.js";
import { readIdx, readIdxShape } from "../files/idx.js";
import { batchSource, checkBatch } from "./batch-source.js";
import type { BatchOf } from "./batch-source.js";
import { batchParam, flipParam, repeatParam, shuffleParam } from "./data-params.js";

const params = z.object({
  images: path("IDX file of unsigned bytes [count,H,W], plain or gzip"),
  labels: path("IDX file of unsigned bytes [count]; without it every label is 0").optional(),
  batch: batchParam,
  shuffle: shuffleParam,
  repeat: repeatParam,
  skip: z.number().int().min(0).default(0).describe("images to leave out at the start"),
  limit: z.number().int().min(1).optional().describe("use at most so many images"),
  flip: flipParam,
});
type Params = z.output<typeof params>;

/**
 * Grey images in [0,1] and class labels from files in the format of MNIST. Sizes are static: images that do not fill a last
 * batch are left out, in each epoch other ones when shuffled. The files are held in memory as bytes.
 */
export const idx = defineNode({
  kind: "source",
  type: "data.idx",
  version: 1,
  note: "Reads images and labels from IDX files, the format of MNIST.",
  inputs: {},
  outputs: { image: tensor("f32[B,H,W,1]", "in [0,1]"), label: tensor("i32[B]") },
  params,
  dims: ({ batch }) => ({ B: batch }),
  async probe(p) {
    const shape = await readIdxShape(p.images);
    const { count, height, width } = sizes(p, shape, p.labels === undefined ? undefined : await readIdxShape(p.labels));
    return { dims: { B: p.batch, H: height, W: width }, summary: `${count} images ${height}x${width}` };
  },
  async open(p, context) {
    const images = await readIdx(p.images);
    const labels = p.labels === undefined ? undefined : await readIdx(p.labels);
    const { count, height, width } = sizes(p, images.shape, labels?.shape);
    const size = height * width;
    const read = ({ epoch, samples, order }: BatchOf): Packet => {
      const pixels = new Float32Array(samples.length * size);
      samples.forEach((sample, i) => {
        const bytes = images.data.subarray((p.skip + sample) * size, (p.skip + sample + 1) * size);
        const flipped = p.flip && ((order.words(epoch, sample)[0] ?? 0) & 1) === 1;
        for (let at = 0; at < size; at++) {
          const column = at % width;
          pixels[i * size + at] = (bytes[flipped ? at - column + (width - 1 - column) : at] ?? 0) / 255;
        }
      });
      const indices = samples.map((sample) => p.skip + sample);
      const classes = Int32Array.from(indices, (index) => labels?.data[index] ?? 0);
      return {
        indices,
        values: {
          image: { dtype: "f32", shape: [samples.length, height, width, 1], data: pixels },
          label: { dtype: "i32", shape: [samples.length], data: classes },
        },
      };
    };
    return batchSource({ ...p, count }, context, read);
  },
});

/** How many images are used, and their size. Throws an Error where the files do not belong together or fill no batch. */
function sizes(
  p: Params,
  images: readonly number[],
  labels: readonly number[] | undefined,
): { count: number; height: number; width: number } {
  const [total = 0, height = 0, width = 0, ...more] = images;
  if (images.length !== 3 || height * width === 0)
    throw new Error(
      `${p.images}: expected images [count,H,W], got [${[total, height, width, ...more].slice(0, images.length).join()}]`,
    );
  if (labels && labels.length !== 1) throw new Error(`${p.labels}: expected labels [count], got [${labels.join()}]`);
  if (labels && labels[0] !== total)
    throw new Error(`${p.labels}: ${labels[0]} labels for ${total} images in ${p.images}; give the files of one data set`);
  const count = Math.min(Math.max(total - p.skip, 0), p.limit ?? Infinity);
  if (count === 0)
    throw new Error(`${p.images}: ${total} images, ${p.skip} skipped: none is left; lower skip or give other files`);
  checkBatch(count, p.batch, "images");
  return { count, height, width };
}
