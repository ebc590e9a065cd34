/** Names of the weights in a checkpoint's folder, then those of published models, in the order in which they are looked for. */
export const weightNames = [
  "ema.safetensors",
  "model.safetensors",
  "model.safetensors.index.json",
  "diffusion_pytorch_model.safetensors",
  "diffusion_pytorch_model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
  "model.pt",
  "stage2_model.pt",
];
