import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import { tensor } from "../../core/port.js";
import { runningCovariance } from "../metric/running-covariance.js";
import { writeStatistics } from "../metric/statistics-file.js";

/** Mean and unbiased covariance of a phase's features, in float64, as an `.npz` file with `mu` and `sigma`, for metric.fid and other tools. */
export const featureStatistics = defineNode({
  kind: "sink",
  type: "out.feature_statistics",
  version: 1,
  note: "Writes mean and covariance of features to an .npz file (mu, sigma).",
  inputs: { features: tensor("f32[B,C]") },
  outputs: {},
  params: z.object({ file: path(".npz file to write; replaced at the end of the phase") }),
  async open({ file }, context) {
    const running = runningCovariance("the features");
    return {
      write: async ({ features }) => running.add(features),
      abandon: async () => running.abandon(),
      async close() {
        await writeStatistics(file, await running.finish());
        context.log("info", `statistics of ${running.count} vectors written to ${file}`);
      },
    };
  },
});
