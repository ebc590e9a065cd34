import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { model, tensor } from "../../core/port.js";

/** One more application of a model that stands elsewhere in the graph, e.g. its averaged weights on held-out data. */
export const predict = defineNode({
  kind: "map",
  type: "model.predict",
  note: "Asks a model for the velocity at given points.",
  inputs: { model: model("[h,w,C]"), x: tensor("f32[B,h,w,C]"), t: tensor("f32[B]"), label: tensor("i32[B]") },
  outputs: { velocity: tensor("f32[B,h,w,C]") },
  params: z.object({}),
  evaluations: () => 1,
  run: ({ model: net, x, t, label }) => ({ velocity: net.velocity(x, t, label) }),
});
