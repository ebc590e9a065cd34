import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import { tensor } from "../../core/port.js";
import { cifarSize, findCifarFiles, readCifarLabels, readCifarRecord } from "../files/cifar.js";
import type { CifarFile } from "../files/cifar.js";
import { within } from "../files/error-text.js";
import { checkBatch } from "./batch-source.js";
import { evenly, folderImages } from "./image-collection.js";
import type { ImageCollection } from "./image-collection.js";
import { imageParams, sizeParam } from "./image-params.js";
import { ImageSource } from "./image-source.js";
import { listImages } from "./list-images.js";

const params = z.object({
  folder: path("folder with binary batches (data_batch_1.bin, test_batch.bin; train.bin), or with train/ and test/ by class"),
  set: z.enum(["train", "test"]).default("train").describe("which part of the data set"),
  labels: z.enum(["fine", "coarse"]).default("fine").describe("which labels of CIFAR-100; CIFAR-10 has one kind"),
  limit: z.number().int().min(1).optional().describe("use at most so many images, evenly spaced over the set"),
  size: sizeParam.default(cifarSize),
  ...imageParams,
});
type Params = z.output<typeof params>;

/**
 * CIFAR-10 and CIFAR-100 in [0,1], from the published binary batches (Krizhevsky, 2009) or from image files in a folder per class.
 * Images are resized only where `size` is not 32. Sizes are static: images that do not fill a last batch are left out.
 */
export const cifar = defineNode({
  kind: "source",
  type: "data.cifar",
  version: 1,
  note: "Reads CIFAR-10 or CIFAR-100 from binary batches or from folders of images.",
  inputs: {},
  outputs: { image: tensor("f32[B,S,S,c]", "in [0,1]"), label: tensor("i32[B]") },
  params,
  dims: ({ batch, size, channels }) => ({ B: batch, S: size, c: channels }),
  async probe(p) {
    const images = await openImages(p);
    await images.close?.();
    return { dims: { B: p.batch, S: p.size, c: p.channels }, summary: `${images.count} images of CIFAR, ${p.set}` };
  },
  open: async (p, context) => new ImageSource(p, await openImages(p), context),
});

async function openImages(p: Params): Promise<ImageCollection> {
  const files = await findCifarFiles(p.folder, p.set);
  const all = files.length > 0 ? await batchImages(p, files) : await imageFiles(p);
  const images = evenly(all, p.limit);
  await within(p.folder, async () => checkBatch(images.count, p.batch, "images"));
  return images;
}

/** Image files of `train/` or `test/`, a folder for each class. */
async function imageFiles({ folder, set, labels }: Params): Promise<ImageCollection> {
  const part = join(folder, set);
  if (!(await stat(part).catch(() => undefined))?.isDirectory())
    throw new Error(
      `${folder}: neither binary batches of the ${set} set nor a folder ${set}/; give the folder that data_batch_1.bin, train.bin or ${set}/ lies in`,
    );
  if (labels === "coarse") throw new Error(`${folder}: image files by class have no coarse labels; use the binary batches`);
  return folderImages(part, await listImages(part));
}

async function batchImages({ folder, labels }: Params, files: readonly CifarFile[]): Promise<ImageCollection> {
  if (labels === "coarse" && files.some((file) => file.labels === 1))
    throw new Error(`${folder}: CIFAR-10 has no coarse labels; leave labels out`);
  const classes: number[] = [];
  for (const file of files) classes.push(...(await readCifarLabels(file, labels === "coarse" ? 0 : file.labels - 1)));
  const place = (sample: number): { file: CifarFile; record: number } => {
    let record = sample;
    for (const file of files) {
      if (record < file.records) return { file, record };
      record -= file.records;
    }
    throw new Error(`no image ${sample} among ${classes.length}`);
  };
  return {
    where: folder,
    count: classes.length,
    names: files.map(({ file, records }) => `${basename(file)} ${records}`),
    nameOf(sample) {
      const { file, record } = place(sample);
      return `${file.file} record ${record}`;
    },
    labelOf: (sample) => classes[sample] ?? 0,
    async read(sample) {
      const { file, record } = place(sample);
      const { pixels } = await readCifarRecord(file, record);
      return { width: cifarSize, height: cifarSize, channels: 3, data: pixels };
    },
  };
}
