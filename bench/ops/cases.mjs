import { fromPackage } from "../machine.mjs";

/** Batch, tokens and width of the ops: 12 heads of 64. */
export const sizes = { B: 16, N: 256, D: 768, heads: 12 };

const { B, N, D, heads } = sizes;
const tokens = [B, N, D];
const perSample = [B, 1, D];

/**
 * The ops with the shapes of their inputs; `flops` are those of the forward pass where the arithmetic counts and not the memory: the
 * backward pass has twice as many, what it computes again left out. bench/peers/torch_ops.py knows them by their names.
 */
export async function opCases() {
  const op = async (file, name) => (await fromPackage(`core/ops/${file}.js`))[name];
  const flops = 4 * B * N * N * D;
  const turned = [N, D / heads];
  return [
    { name: "attention", op: await op("attention", "attention"), inputs: { qkv: [B, N, 3 * D] }, attrs: { heads }, flops },
    {
      name: "attention_rotary",
      op: await op("attention", "attention"),
      inputs: { qkv: [B, N, 3 * D], cos: turned, sin: turned },
      attrs: { heads },
      flops,
    },
    { name: "rms_norm", op: await op("rms-norm", "rmsNorm"), inputs: { x: tokens, weight: [D] }, attrs: { epsilon: 1e-6 } },
    {
      name: "layer_norm",
      op: await op("layer-norm", "layerNorm"),
      inputs: { x: tokens, weight: [D], bias: [D] },
      attrs: { epsilon: 1e-6 },
    },
    {
      name: "modulate",
      op: await op("modulate", "modulate"),
      inputs: { x: tokens, scale: perSample, shift: perSample },
      attrs: {},
    },
    { name: "swiglu", op: await op("swiglu", "swiglu"), inputs: { u: [B, N, 4096] }, attrs: {} },
    { name: "gelu", op: await op("gelu", "gelu"), inputs: { x: [B, N, 4 * D] }, attrs: { form: "tanh" } },
  ];
}
