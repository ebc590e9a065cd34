import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { openRows, probeRows, tensorParams } from "./tensor-rows.js";

/** Rows of a stored array of floats, e.g. latents that a run has written by out.tensor_file. Held in memory whole. */
export const tensorFile = defineNode({
  kind: "source",
  type: "data.tensor_file",
  version: 1,
  note: "Reads the rows of a float array from a safetensors file.",
  inputs: {},
  outputs: { tensor: tensor("f32[B,...]") },
  params: tensorParams,
  probe: (params) => probeRows(params, "tensor", "f32"),
  open: (params, context) => openRows(params, "tensor", "f32", context),
});
