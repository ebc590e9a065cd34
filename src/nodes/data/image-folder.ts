import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import { tensor } from "../../core/port.js";
import { within } from "../files/error-text.js";
import { checkBatch } from "./batch-source.js";
import { batchParam, flipParam, repeatParam, shuffleParam } from "./data-params.js";
import { ImageSource } from "./image-source.js";
import type { ImageSourceOptions } from "./image-source.js";
import { listImages } from "./list-images.js";
import type { ImageList } from "./list-images.js";

const params = z.object({
  folder: path("folder of JPEG, PNG and WebP files, in sub-folders by class or flat"),
  size: z.number().int().min(1).max(4096).describe("height and width of the images to give, in pixels"),
  batch: batchParam,
  crop: z.enum(["center", "random"]).default("center").describe("which square of the resized image is kept"),
  flip: flipParam,
  shuffle: shuffleParam,
  repeat: repeatParam,
  channels: z
    .union([z.literal(1), z.literal(3)])
    .default(3)
    .describe("1 gives grey, 3 gives colour"),
  on_error: z.enum(["skip", "fail"]).default("skip").describe("an unreadable image: leave it out with a warning, or stop"),
  workers: z.number().int().min(1).max(64).optional().describe("images decoded at once; default by the number of cores"),
});

/**
 * Images below a folder in [0,1]: shorter side resized to `size`, then a square cut out. The label is the index of the sub-folder.
 * Sizes are static: images that do not fill a last batch are left out. Decoding runs ahead while the device works.
 */
export const imageFolder = defineNode({
  kind: "source",
  type: "data.image_folder",
  version: 1,
  note: "Reads images and class labels from a folder with a sub-folder per class.",
  inputs: {},
  outputs: { image: tensor("f32[B,S,S,c]", "in [0,1]"), label: tensor("i32[B]") },
  params,
  dims: ({ batch, size, channels }) => ({ B: batch, S: size, c: channels }),
  async probe(p) {
    const { files, classes } = await checkedList(p);
    const dims = { B: p.batch, S: p.size, c: p.channels };
    return { dims, summary: `${files.length} images in ${classes} ${classes === 1 ? "class" : "classes"}` };
  },
  open: async (p, context) => new ImageSource(p, await checkedList(p), context),
});

async function checkedList(p: Pick<ImageSourceOptions, "folder" | "batch">): Promise<ImageList> {
  const list = await listImages(p.folder);
  await within(p.folder, async () => checkBatch(list.files.length, p.batch, "images"));
  return list;
}
