import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { shiftTimes, unshiftTimes } from "./shift.js";

/**
 * Moves given times toward noise: s·t / (1 + (s−1)·t) where t = 1 is noise, and t / (s − (s−1)·t) where t = 1 is data; the latter is also
 * the inverse of the former.
 */
export const shiftTime = defineNode({
  kind: "map",
  type: "flow.shift_time",
  note: "Shifts given times toward noise.",
  inputs: { t: tensor("f32[B,...]") },
  outputs: { t: tensor("f32[B,...]") },
  params: z.object({
    shift: z.number().min(1).describe("factor s; 1 changes nothing"),
    convention: z.enum(["noise_at_one", "data_at_one"]).default("noise_at_one").describe("what t = 1 is"),
  }),
  run: ({ t }, { shift, convention }) => ({
    t: tf.clone(convention === "noise_at_one" ? shiftTimes(t, shift) : unshiftTimes(t, shift)),
  }),
});
