import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import { tensor } from "../../core/port.js";
import { packWriter } from "../files/npz/pack-writer.js";
import type { PackWriter } from "../files/npz/pack-writer.js";
import { toByte } from "../files/to-byte.js";

const params = z.object({
  file: path(".npz file to write; replaced at the end of the phase"),
  rounding: z
    .enum(["nearest", "truncate"])
    .default("nearest")
    .describe("how numbers become bytes; truncate is what the reference's sampling scripts do (darker by half a level)"),
  limit: z.number().int().min(1).optional().describe("write only the first so many images"),
});

/** All images of a phase as one sample pack for the ADM evaluation suite: `.npz` with `arr_0`, uint8 `[N,H,W,3]`. Written as they come. */
export const samplePack = defineNode({
  kind: "sink",
  type: "out.sample_pack",
  version: 1,
  note: "Writes the images of a phase as an .npz sample pack (arr_0, uint8).",
  inputs: { image: tensor("f32[B,H,W,3]", "in [0,1]; other numbers are clamped") },
  outputs: {},
  params,
  async open({ file, rounding, limit = Infinity }, context) {
    const byte =
      rounding === "nearest" ? toByte : (value: number): number => (value > 0 ? Math.floor(Math.min(value, 1) * 255) : 0);
    let writer: PackWriter | undefined;
    let written = 0;
    return {
      async write({ image }) {
        const [batch = 0, ...row] = image.shape;
        const count = Math.min(batch, limit - written);
        if (count <= 0) return;
        writer ??= await packWriter(file, row);
        await writer.add(Uint8Array.from(image.data.subarray(0, count * row.reduce((a, b) => a * b, 1)), byte), count);
        written += count;
      },
      async close() {
        if (!writer) return context.log("warn", `saw no image; ${file} is not written`);
        const count = await writer.finish();
        context.log("info", `${count} images written to ${file}`);
        if (limit !== Infinity && count < limit) context.log("warn", `${file} holds ${count} images, ${limit} were asked for`);
      },
      abandon: async () => writer?.abandon(),
    };
  },
});
