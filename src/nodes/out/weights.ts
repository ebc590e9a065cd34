import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { weights } from "../../core/port.js";
import { encodeSafetensors } from "../files/safetensors.js";

/** A model's weights under their published names, as `weights/<name>.safetensors` of the run folder: to ship or to load elsewhere. */
export const weightsFile = defineNode({
  kind: "sink",
  type: "out.weights",
  version: 1,
  note: "Writes a model's weights to a safetensors file in the run folder.",
  inputs: { weights: weights("of a model; `model.weights@ema` are the averaged ones") },
  outputs: {},
  params: z.object({
    name: z
      .string()
      .regex(/^[\w.-]+$/, "letters, digits, dots and dashes only")
      .default("model")
      .describe("name of the file"),
    floats: z.enum(["f32", "f16"]).default("f32").describe("how numbers are stored; f16 halves the size and keeps three digits"),
    only: z.string().optional().describe("write only the keys that start so, e.g. vit. for an encoder without its decoder"),
  }),
  async open({ name, floats, only = "" }, context) {
    return {
      async write({ weights: all }) {
        const chosen = new Map([...all].filter(([key]) => key.startsWith(only)));
        if (chosen.size === 0)
          throw new Error(`no weight's name starts with "${only}"; they are called ${[...all.keys()].slice(0, 3).join(", ")}, …`);
        const file = await context.write(
          `weights/${name}.safetensors`,
          encodeSafetensors(chosen, { floats: floats === "f16" ? "F16" : "F32" }),
        );
        context.log("info", `${chosen.size} arrays written to ${file}`);
      },
      close: () => Promise.resolve(),
    };
  },
});
