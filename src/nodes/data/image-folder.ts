import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import { tensor } from "../../core/port.js";
import { within } from "../files/error-text.js";
import { checkBatch } from "./batch-source.js";
import { folderImages } from "./image-collection.js";
import { imageParams, sizeParam } from "./image-params.js";
import { ImageSource } from "./image-source.js";
import { listImages } from "./list-images.js";
import type { ImageList } from "./list-images.js";

const params = z.object({
  folder: path("folder of JPEG, PNG and WebP files, in sub-folders by class or flat"),
  size: sizeParam,
  ...imageParams,
});
type Params = z.output<typeof params>;

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
  open: async (p, context) => new ImageSource(p, folderImages(p.folder, await checkedList(p)), context),
});

async function checkedList(p: Params): Promise<ImageList> {
  const list = await listImages(p.folder);
  await within(p.folder, async () => checkBatch(list.files.length, p.batch, "images"));
  return list;
}
