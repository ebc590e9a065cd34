import type { KeyLayout } from "../../../core/key-layout.js";

const attention = "decoder_layers.*.attention";

/** The decoder of a representation autoencoder as the reference names it, and inside Diffusers' AutoencoderRAE. */
export const raeDecoderLayouts: readonly KeyLayout[] = [
  { name: "RAE" },
  {
    name: "Diffusers",
    rules: [
      { file: `${attention}.to_q.*`, model: `${attention}.attention.query.*` },
      { file: `${attention}.to_k.*`, model: `${attention}.attention.key.*` },
      { file: `${attention}.to_v.*`, model: `${attention}.attention.value.*` },
      { file: `${attention}.to_out.0.*`, model: `${attention}.output.dense.*` },
    ],
  },
];
