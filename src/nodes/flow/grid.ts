import { z } from "zod";
import type { PathName } from "./paths.js";
import type { Prediction } from "./prediction.js";
import { shiftTime } from "./shift.js";

/** Params of where a sampler's times begin and end, before the shift. */
export const gridParams = {
  from: z
    .union([z.literal("auto"), z.number().positive().max(1)])
    .default("auto")
    .describe("largest time before the shift; auto is 1, or 0.999 where the velocity at 1 is infinite"),
  end: z.number().min(0).lt(1).default(0.001).describe("smallest time before the shift; 0 goes all the way to data"),
};

/** Times from noise to data, n points evenly spaced before the shift; a model is asked between them, so n − 1 times by Euler's method. */
export function timeGrid(points: number, factor: number, { from = 1, end = 0.001 } = {}): number[] {
  return Array.from({ length: points }, (_, i) => shiftTime(from - ((from - end) * i) / (points - 1), factor));
}

/** Where a grid may begin: predictions of noise and score say nothing at t = 1, and the VP path's velocity is infinite there. */
export function gridStart(p: { from: "auto" | number; path: PathName; prediction: Prediction }): number {
  const singular = p.path === "vp" || p.prediction !== "velocity";
  if (p.from === "auto") return singular ? 0.999 : 1;
  if (singular && p.from === 1)
    throw new Error(
      `from: 1 does not work with ${p.path === "vp" ? "the VP path" : `a model of ${p.prediction}`}: the velocity at t = 1 is infinite; set from: 0.999`,
    );
  return p.from;
}
