import type { KeyLayout } from "../../../core/key-layout.js";

/** Masked autoencoders as published (facebook/vit-mae-*): the encoder below `vit.`, or alone; the decoder of pretraining is left out. */
export const vitMaeLayouts: readonly KeyLayout[] = [
  {
    name: "ViT-MAE",
    rules: [
      { file: "embeddings.**", model: "vit.embeddings.**" },
      { file: "encoder.**", model: "vit.encoder.**" },
      { file: "layernorm.*", model: "vit.layernorm.*" },
    ],
    ignore: ["decoder.**", "mask_token"],
  },
];
