import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { Dims } from "../../core/define-node.js";
import { optional, tensor } from "../../core/port.js";
import type { HostArray } from "../../core/tensor.js";
import { drawGrid } from "./draw-grid.js";

const params = z.object({
  columns: z.number().int().min(1).default(10).describe("images, or pairs, per row"),
  scale: z.number().int().min(1).max(64).default(1).describe("pixels per pixel: nearest-neighbour enlargement"),
  gap: z.number().int().min(0).max(64).default(1).describe("white pixels between images"),
  name: z
    .string()
    .regex(/^[\w.-]+$/)
    .optional()
    .describe("end of the file's name; default the node's name"),
  all: z.boolean().default(false).describe("show every batch of the phase; false shows the first"),
});

/** Images in [0,1] as one PNG below `samples/`, row by row; with `beside` each has its partner at its right side. */
export const imageGrid = defineNode({
  kind: "sink",
  type: "out.image_grid",
  version: 1,
  note: "Writes a grid of images as a PNG file, with others beside them if given.",
  inputs: {
    image: tensor("f32[B,H,W,c]", "in [0,1]; other numbers are clamped"),
    beside: optional(tensor("f32[B,H,W,c]", "shown at the right of each image")),
  },
  outputs: {},
  params,
  dims(_params, known: Partial<Dims>) {
    const { c } = known;
    if (c !== undefined && c !== 1 && c !== 3) throw new Error(`a picture has 1 or 3 channels, got ${c}; connect decoded images`);
    return {};
  },
  async open(p, context) {
    const shown: (readonly HostArray[])[] = [];
    let step = 0;
    let over = false;
    const draw = async (): Promise<void> => {
      over = true;
      const { encode } = await import("fast-png");
      const name = (p.name ?? context.node).replaceAll("/", "-");
      await context.write(`samples/step-${String(step).padStart(8, "0")}-${name}.png`, encode(drawGrid(shown.splice(0), p)));
    };
    return {
      async write({ image, beside }, at) {
        if (over) return;
        step = at.step;
        shown.push(beside ? [image, beside] : [image]);
        if (!p.all) await draw();
      },
      async close() {
        if (!over && shown.length > 0) await draw();
      },
    };
  },
});
