import type { KeyLayout } from "../../../core/key-layout.js";

const layer = "encoder.layer.*";

/** DINOv2, with or without registers, as transformers and as Facebook's own files name it; weights are declared by the former's names. */
export const dinov2Layouts: readonly KeyLayout[] = [
  { name: "DINOv2 (transformers)" },
  {
    name: "DINOv2 (Facebook)",
    rules: [
      { file: "cls_token", model: "embeddings.cls_token" },
      { file: "register_tokens", model: "embeddings.register_tokens" },
      { file: "mask_token", model: "embeddings.mask_token" },
      { file: "pos_embed", model: "embeddings.position_embeddings" },
      { file: "patch_embed.proj.*", model: "embeddings.patch_embeddings.projection.*" },
      {
        file: "blocks.*.attn.qkv.*",
        model: ["query", "key", "value"].map((part) => `${layer}.attention.attention.${part}.*`),
      },
      { file: "blocks.*.attn.proj.*", model: `${layer}.attention.output.dense.*` },
      { file: "blocks.*.ls1.gamma", model: `${layer}.layer_scale1.lambda1` },
      { file: "blocks.*.ls2.gamma", model: `${layer}.layer_scale2.lambda1` },
      { file: "blocks.*.mlp.w12.*", model: `${layer}.mlp.weights_in.*` },
      { file: "blocks.*.mlp.w3.*", model: `${layer}.mlp.weights_out.*` },
      { file: "blocks.**", model: "encoder.layer.**" },
      { file: "norm.*", model: "layernorm.*" },
    ],
  },
];
