import type { KeyLayout } from "../../../core/key-layout.js";

/** torchvision's names, which pytorch-fid's and torch-fidelity's conversions of the TensorFlow network share. */
export const inceptionLayouts: readonly KeyLayout[] = [
  { name: "Inception-v3", ignore: ["AuxLogits.**", "*.bn.num_batches_tracked", "*.*.bn.num_batches_tracked"] },
];
