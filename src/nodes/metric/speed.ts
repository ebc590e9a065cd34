import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";

/**
 * Steps per second of a phase and the most memory that its device held, seen from the host: from one step's end to the next one's, so that
 * data, update and all else count. The first steps, which fill caches and record programs, are left out; the median decides.
 */
export const speed = defineNode({
  kind: "reducer",
  type: "metric.speed",
  version: 1,
  note: "Measures steps per second and peak memory of a phase.",
  inputs: { after: tensor("f32[...]", "a result of the step, e.g. its loss") },
  outputs: {},
  params: z.object({ skip: z.number().int().min(1).default(6).describe("steps at the start that do not count") }),
  start({ skip }, context) {
    const ends: number[] = [];
    let peak = 0;
    return {
      add() {
        ends.push(performance.now());
        peak = Math.max(peak, context.peakMemory?.() ?? 0);
      },
      finish() {
        const enough = ends.length > skip;
        if (!enough) context.log("warn", `${ends.length} steps, of which ${skip} do not count: too few to trust a speed`);
        const counted = enough ? ends.slice(skip - 1) : ends;
        const times = counted.slice(1).map((end, i) => (end - (counted[i] ?? end)) / 1000);
        const middle = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
        if (peak === 0) context.log("warn", "this backend does not tell the most memory that it held");
        return {
          ...(middle === undefined ? {} : { steps_per_second: 1 / middle, step_ms: 1000 * middle }),
          ...(peak > 0 ? { peak_megabytes: peak / 1e6 } : {}),
        };
      },
    };
  },
});
