import { z } from "zod";
import { fromPackage } from "../machine.mjs";

/** A node that draws latents, one for each label: a benchmark needs numbers, and no data. */
export async function randomLatents() {
  const { defineNode } = await fromPackage("core/define-node.js");
  const { tensor } = await fromPackage("core/port.js");
  return defineNode({
    kind: "map",
    type: "bench.random_latents",
    note: "Draws latents of standard normal numbers.",
    inputs: { label: tensor("i32[B]") },
    outputs: { latent: tensor("f32[B,h,w,C]") },
    params: z.object({ size: z.number().int().describe("side"), channels: z.number().int().describe("channels") }),
    dims: ({ size, channels }) => ({ h: size, w: size, C: channels }),
    run: ({ label }, { size, channels }, { random }) => ({ latent: random.normal([label.shape[0], size, size, channels]) }),
  });
}
