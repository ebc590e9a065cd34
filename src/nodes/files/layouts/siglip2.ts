import type { KeyLayout } from "../../../core/key-layout.js";

/** The image tower of SigLIP2 (google/siglip2-*), in a whole model or alone. Its pooling head and the text's tower are of no use here. */
export const siglip2Layouts: readonly KeyLayout[] = [
  {
    name: "SigLIP2",
    rules: [
      { file: "embeddings.**", model: "vision_model.embeddings.**" },
      { file: "encoder.**", model: "vision_model.encoder.**" },
      { file: "post_layernorm.*", model: "vision_model.post_layernorm.*" },
    ],
    ignore: ["vision_model.head.**", "head.**", "text_model.**", "logit_scale", "logit_bias"],
  },
];
