import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { openRows, probeRows, tensorParams } from "./tensor-rows.js";

/** Stored whole numbers, one per sample: labels that belong to the rows of a data.tensor_file. */
export const labelFile = defineNode({
  kind: "source",
  type: "data.label_file",
  version: 1,
  note: "Reads labels, a whole number per sample, from a safetensors file.",
  inputs: {},
  outputs: { label: tensor("i32[B]") },
  params: tensorParams,
  probe: (params) => probeRows(params, "label", "i32", 1),
  open: (params, context) => openRows(params, "label", "i32", context, 1),
});
