import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { meansByGroup } from "./groups.js";

/** The mean of a number per sample, over all samples and for each value of `by`, e.g. the loss at each time of a grid: `loss@0.1`, `loss@0.5`. */
export const by = defineNode({
  kind: "reducer",
  type: "metric.by",
  version: 1,
  note: "Averages a number per sample, over all and for each value of another.",
  inputs: { value: tensor("f32[B]"), by: tensor("f32[B]", "e.g. times or strengths, from a list") },
  outputs: {},
  params: z.object({
    name: z
      .string()
      .regex(/^[\w.-]+$/)
      .default("mean")
      .describe("name of the results"),
  }),
  start({ name }) {
    const means = meansByGroup();
    return {
      add({ value, by: groups }) {
        value.data.forEach((number: number, i: number) => means.add(number, groups.data[i]));
      },
      finish() {
        if (means.count === 0) throw new Error("metric.by saw no sample; give its phase at least one step");
        return means.results(name);
      },
    };
  },
});
