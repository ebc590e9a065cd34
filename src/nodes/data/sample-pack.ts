import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import { tensor } from "../../core/port.js";
import { findPack, readPack } from "../files/npz/pack-reader.js";
import { batchSource, checkBatch } from "./batch-source.js";

const params = z.object({
  file: path(".npz file with arr_0, uint8 [N,H,W,3]"),
  batch: z.number().int().min(1).default(50).describe("images per batch, a divisor of their number"),
  limit: z.number().int().min(1).optional().describe("take only so many from the start"),
});

/** The images of a sample pack, as the ADM evaluation suite exchanges them, in their order; read batch by batch. */
export const samplePack = defineNode({
  kind: "source",
  type: "data.sample_pack",
  version: 1,
  note: "Reads the images of an .npz sample pack (arr_0, uint8).",
  inputs: {},
  outputs: { image: tensor("f32[B,H,W,3]", "in [0,1]") },
  params,
  async probe({ file, batch, limit }) {
    const { count: all, height, width } = await findPack(file);
    const count = Math.min(all, limit ?? all);
    checkBatch(count, batch, "images");
    if (count % batch !== 0)
      throw new Error(
        `${file}: ${count} images do not fill batches of ${batch}; choose a batch or limit so that none is left over`,
      );
    return { dims: { B: batch, H: height, W: width }, summary: `${count} images ${height}x${width}` };
  },
  async open({ file, batch, limit }, context) {
    const pack = await findPack(file);
    // Loaded here: `graph check` and the page do without it.
    const { open } = await import("node:fs/promises");
    const handle = await open(file, "r");
    const count = Math.min(pack.count, limit ?? pack.count);
    const rows = batchSource({ count, batch, shuffle: false, repeat: false }, context, ({ samples }) => ({
      indices: samples,
      values: {},
    }));
    return {
      async next() {
        const packet = await rows.next();
        if (!packet) return undefined;
        const data = await readPack(handle, pack, packet.indices[0] ?? 0, batch);
        return { ...packet, values: { image: { dtype: "f32", shape: [batch, pack.height, pack.width, 3], data } } };
      },
      state: () => rows.state(),
      restore: (state) => rows.restore(state),
      close: () => handle.close(),
    };
  },
});
