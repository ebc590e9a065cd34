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
import { shardImages } from "./shard-images.js";

const params = z.object({
  shards: z
    .array(path("a tar archive, or a folder of them"))
    .min(1)
    .describe("tar archives of images, or a folder of them; samples keep their order"),
  label: z
    .enum(["cls", "folder", "none"])
    .default("cls")
    .describe("class: the number in the sample's .cls file, the index of its folder among all, or always 0"),
  within: z.string().default("").describe("use only entries whose name starts so, e.g. train/"),
  limit: z.number().int().min(1).optional().describe("use at most so many images, evenly spaced over all"),
  size: sizeParam,
  ...imageParams,
});
type Params = z.output<typeof params>;

/**
 * Images in the tar archives of a WebDataset: files of one name up to the first dot belong together, `0001.jpg` and `0001.cls`. An index
 * of each archive makes every sample reachable at once, so order, shuffling over all shards and resume are exact. Sizes are
 * static: images that do not fill a last batch are left out.
 */
export const webdataset = defineNode({
  kind: "source",
  type: "data.webdataset",
  version: 1,
  note: "Reads images and class labels from tar archives (WebDataset shards).",
  inputs: {},
  outputs: { image: tensor("f32[B,S,S,c]", "in [0,1]"), label: tensor("i32[B]") },
  params,
  dims: ({ batch, size, channels }) => ({ B: batch, S: size, c: channels }),
  async probe(p) {
    const { images, shards } = await openImages(p);
    await images.close?.();
    return {
      dims: { B: p.batch, S: p.size, c: p.channels },
      summary: `${images.count} images in ${shards} ${shards === 1 ? "shard" : "shards"}`,
    };
  },
  open: async (p, context) => new ImageSource(p, (await openImages(p)).images, context),
});

async function openImages(p: Params): Promise<{ images: ImageCollection; shards: number }> {
  const files = await findFiles(p.shards, [".tar"], "tar archives");
  const where = files.length === 1 ? (files[0] ?? "") : `${basename(files[0] ?? "")} and ${files.length - 1} more`;
  const images = evenly(await shardImages(files, where, p), p.limit);
  try {
    await within(where, async () => checkBatch(images.count, p.batch, "images"));
  } catch (error) {
    await images.close?.();
    throw error;
  }
  return { images, shards: files.length };
}
