import { z } from "zod";

/** A size that the preset gives where it is left out. */
export function presetSize(what: string): z.ZodOptional<z.ZodNumber> {
  return z.number().int().min(1).optional().describe(`${what}; default the preset's`);
}

/** A preset's sizes with those that the params give in their place. */
export function withPreset<T extends object>(preset: T, given: { readonly [K in keyof T]?: T[K] | undefined }): T {
  const own = Object.entries(given).filter(([key, value]) => key in preset && value !== undefined);
  return { ...preset, ...(Object.fromEntries(own) as Partial<T>) };
}
