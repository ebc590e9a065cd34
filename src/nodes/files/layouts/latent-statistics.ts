import type { KeyLayout } from "../../../core/key-layout.js";

/** Mean and variance of latents: a file of their own, or beside the models in Diffusers' AutoencoderRAE, which keeps deviations. */
export const latentStatisticsLayouts: readonly KeyLayout[] = [
  { name: "RAE" },
  {
    name: "Diffusers",
    rules: [
      { file: "_latents_mean", model: "mean" },
      { file: "_latents_std", model: "var", convert: "std_to_var" },
    ],
    ignore: ["encoder.**", "decoder.**", "encoder_mean", "encoder_std"],
  },
];
