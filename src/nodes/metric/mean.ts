import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";

/** The mean of a number over a phase, e.g. of a loss on held-out data: every batch counts the same, and every sample where each has its own. */
export const mean = defineNode({
  kind: "reducer",
  type: "metric.mean",
  version: 1,
  note: "Averages a number, such as a loss, over the batches of a phase.",
  inputs: { value: tensor("f32[...]", "a number for the batch, or one for each sample") },
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
    let count = 0;
    return {
      add({ value }) {
        for (const number of value.data) sum += number;
        count += value.data.length;
      },
      finish() {
        if (count === 0) throw new Error("metric.mean saw no batch; give its phase at least one step");
        return { [name]: sum / count };
      },
    };
  },
});
