import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StoredImage } from "./decode-image.js";
import type { ImageList } from "./list-images.js";

/** Images that can be read one by one in any order. */
export interface ImageCollection {
  /** Where they lie, for messages. */
  readonly where: string;
  readonly count: number;
  /** What must not change between a checkpoint and its resume: names of images or of the files that hold them. */
  readonly names: readonly string[];
  /** Sizes of groups of neighbours that are cheap to read together, in their order; undefined where any order costs the same. */
  readonly groups?: readonly number[];
  nameOf(sample: number): string;
  labelOf(sample: number): number;
  read(sample: number): Promise<StoredImage>;
  close?(): Promise<void>;
}

/** The files of a list below a folder. */
export function folderImages(folder: string, { files }: ImageList): ImageCollection {
  const fileOf = (sample: number): ImageList["files"][number] => {
    const file = files[sample];
    if (!file) throw new Error(`no image ${sample} among ${files.length}`);
    return file;
  };
  const nameOf = (sample: number): string => join(folder, fileOf(sample).path);
  return {
    where: folder,
    count: files.length,
    names: files.map((file) => file.path),
    nameOf,
    labelOf: (sample) => fileOf(sample).label,
    read: (sample) => readFile(nameOf(sample)),
  };
}

/** So many of the images, evenly spaced, so that a set sorted by class keeps its balance. All of them where `limit` is larger. */
export function evenly(images: ImageCollection, limit: number | undefined): ImageCollection {
  if (limit === undefined || limit >= images.count) return images;
  const at = (sample: number): number => Math.floor((sample * images.count) / limit);
  const kept = Array.from({ length: limit }, (_, i) => at(i));
  let start = 0;
  const groups = images.groups?.flatMap((size) => {
    const from = start;
    start += size;
    const within = kept.filter((sample) => sample >= from && sample < start).length;
    return within > 0 ? [within] : [];
  });
  return {
    where: images.where,
    count: limit,
    names: [...images.names, `${limit} of them`],
    ...(groups ? { groups } : {}),
    nameOf: (sample) => images.nameOf(at(sample)),
    labelOf: (sample) => images.labelOf(at(sample)),
    read: (sample) => images.read(at(sample)),
    ...(images.close ? { close: () => images.close?.() ?? Promise.resolve() } : {}),
  };
}
