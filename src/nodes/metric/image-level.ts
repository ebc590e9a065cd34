import { toByte } from "../files/to-byte.js";

/** How metrics read a number of an image: clamped to [0,1] and, with `quantize`, rounded to 8 bits. NaN stays, so that a broken decoder shows. */
export function imageLevel(quantize: boolean): (value: number) => number {
  return (value) => (Number.isNaN(value) || !quantize ? Math.min(Math.max(value, 0), 1) : toByte(value) / 255);
}
