import type { KeyLayout } from "../../../core/key-layout.js";

const qkv = ["to_q", "to_k", "to_v"];

/** LightningDiT and DiT-DH as the reference names them, and as Diffusers does. Rotary tables are worked out here, not read. */
export const ditLayouts: readonly KeyLayout[] = [
  { name: "RAE", ignore: ["feat_rope.*", "enc_feat_rope.*", "dec_feat_rope.*"] },
  {
    name: "Diffusers",
    rules: [
      // Diffusers lays the gated half first.
      { file: "blocks.*.mlp.net.0.proj.*", model: "blocks.*.mlp.w12.*", order: [1, 0] },
      { file: "blocks.*.mlp.net.2.*", model: "blocks.*.mlp.w3.*" },
      { file: qkv.map((part) => `blocks.*.attn.${part}.*`), model: "blocks.*.attn.qkv.*" },
      { file: "blocks.*.attn.to_out.0.*", model: "blocks.*.attn.proj.*" },
    ],
    ignore: ["feat_rope.*", "enc_feat_rope.*", "dec_feat_rope.*"],
  },
];
