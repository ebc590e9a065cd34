import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";

/** The mean of a number over a phase, e.g. of a loss on held-out data; every batch counts the same. */
export const mean = defineNode({
  kind: "reducer",
  type: "metric.mean",
  version: 1,
  note: "Averages a number, such as a loss, over the batches of a phase.",
  inputs: { value: tensor("f32[]") },
  outputs: {},
  params: z.object({
    name: z
      .string()
      .regex(/^[\w.-]+$/)
      .default("mean")
      .describe("name of the result"),
  }),
  start({ name }) {
    let sum = 0;
    let batches = 0;
    return {
      add({ value }) {
        sum += value.data[0] ?? NaN;
        batches++;
      },
      finish() {
        if (batches === 0) throw new Error("metric.mean saw no batch; give its phase at least one step");
        return { [name]: sum / batches };
      },
    };
  },
});
