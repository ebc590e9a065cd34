import { z } from "zod";
import { batchParam, flipParam, repeatParam, shuffleParam } from "./data-params.js";

/** Height and width of the images that a source gives. */
export const sizeParam = z.number().int().min(1).max(4096).describe("height and width of the images to give, in pixels");

/** Params that all sources of encoded images share. */
export const imageParams = {
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
};
