import { z } from "zod";

/** Samples per batch. */
export const batchParam = z.number().int().min(1).describe("samples per batch");
/** Another order in every epoch. */
export const shuffleParam = z.boolean().default(false).describe("give every epoch a random order of its own");
/** Epoch after epoch, or one. */
export const repeatParam = z.boolean().default(true).describe("go on with the next epoch; false ends after one");
/** Mirrored images. */
export const flipParam = z.boolean().default(false).describe("mirror half of the images, chosen at random in every epoch");
