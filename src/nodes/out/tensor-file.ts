import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import { tensor } from "../../core/port.js";
import type { HostArray } from "../../core/tensor.js";
import { checkAxes, permute } from "../files/permute.js";
import { writeSafetensors } from "../files/safetensors.js";

/**
 * All batches of a phase, one after the other along the first axis, as one array of a safetensors file. Held in memory until the
 * end, so that a phase that fails leaves an older file as it is.
 */
export const tensorFile = defineNode({
  kind: "sink",
  type: "out.tensor_file",
  version: 1,
  note: "Writes all batches of a phase to one array of a safetensors file.",
  inputs: { tensor: tensor("f32[...]") },
  outputs: {},
  params: z.object({
    file: path("safetensors file to write; replaced at the end of the phase"),
    key: z.string().min(1).describe("name of the array"),
    axes: z
      .array(z.number().int().min(0))
      .min(1)
      .optional()
      .describe("order of the axes to write, e.g. [0,3,1,2] for NHWC to NCHW"),
  }),
  async open({ file, key, axes }, context) {
    const batches: HostArray[] = [];
    return {
      async write({ tensor: batch }) {
        const first = batches[0] ?? batch;
        checkAxes(axes, batch.shape);
        if (batch.shape.length !== first.shape.length || batch.shape.slice(1).join() !== first.shape.slice(1).join())
          throw new Error(
            `a batch [${batch.shape.join()}] cannot follow one of [${first.shape.join()}]; only the first size may change`,
          );
        batches.push(batch);
      },
      async close() {
        if (batches.length === 0) return context.log("warn", `saw no batch; ${file} is not written`);
        const whole = concatenate(batches.splice(0));
        await writeSafetensors(file, new Map([[key, axes ? permute(whole, axes) : whole]]));
        context.log("info", `"${key}" [${whole.shape.join()}] written to ${file}`);
      },
      async abandon() {
        if (batches.length > 0) context.log("warn", `the phase did not end; ${file} is not written`);
        batches.length = 0;
      },
    };
  },
});

/** Arrays one after the other along their first axis; scalars become a list. */
function concatenate(arrays: readonly HostArray[]): HostArray {
  const [first] = arrays;
  const data = new Float32Array(arrays.reduce((sum, array) => sum + array.data.length, 0));
  let at = 0;
  for (const array of arrays) {
    data.set(array.data, at);
    at += array.data.length;
  }
  const rows = arrays.reduce((sum, array) => sum + (array.shape[0] ?? 1), 0);
  return { dtype: "f32", shape: [rows, ...(first?.shape.slice(1) ?? [])], data };
}
