import { basename } from "node:path";
import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import { tensor } from "../../core/port.js";
import { within } from "../files/error-text.js";
import { checkBatch } from "./batch-source.js";
import { findFiles } from "./find-files.js";
import { evenly } from "./image-collection.js";
import type { ImageCollection } from "./image-collection.js";
import { imageParams, sizeParam } from "./image-params.js";
import { ImageSource } from "./image-source.js";
import { parquetImages } from "./parquet-images.js";

const params = z.object({
  files: z
    .array(path("a Parquet file, or a folder of them"))
    .min(1)
    .describe("Parquet files, or a folder of them; rows keep their order"),
  image: z.string().min(1).default("image").describe("column of encoded images: bytes, or a struct with bytes"),
  label: z.string().min(1).optional().describe("column of class numbers; without it every label is 0"),
  limit: z.number().int().min(1).optional().describe("use at most so many images, evenly spaced over all"),
  size: sizeParam,
  ...imageParams,
});
type Params = z.output<typeof params>;

/**
 * Encoded images in a column of Parquet files, as data sets on the Hugging Face hub store them. Rows are read by row groups, so
 * shuffling takes the row groups in random order, and the rows of each in random order; it stays a function of seed and epoch. Sizes
 * are static: images that do not fill a last batch are left out.
 */
export const parquet = defineNode({
  kind: "source",
  type: "data.parquet",
  version: 1,
  note: "Reads images and class labels from columns of Parquet files.",
  inputs: {},
  outputs: { image: tensor("f32[B,S,S,c]", "in [0,1]"), label: tensor("i32[B]") },
  params,
  dims: ({ batch, size, channels }) => ({ B: batch, S: size, c: channels }),
  async probe(p) {
    const { images, files } = await openImages(p);
    return {
      dims: { B: p.batch, S: p.size, c: p.channels },
      summary: `${images.count} images in ${files} ${files === 1 ? "file" : "files"}`,
    };
  },
  open: async (p, context) => new ImageSource(p, (await openImages(p)).images, context),
});

async function openImages(p: Params): Promise<{ images: ImageCollection; files: number }> {
  const files = await findFiles(p.files, [".parquet"], "Parquet files");
  const where = files.length === 1 ? (files[0] ?? "") : `${basename(files[0] ?? "")} and ${files.length - 1} more`;
  const images = evenly(await parquetImages(files, where, p), p.limit);
  await within(where, async () => checkBatch(images.count, p.batch, "images"));
  return { images, files: files.length };
}
