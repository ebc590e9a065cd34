import type { VitNames } from "../parts/vit-block.js";

/** Arrays of a block of DINO and DINOv2, as transformers names them. */
export const dinoNames: VitNames = {
  query: "attention.attention.query",
  key: "attention.attention.key",
  value: "attention.attention.value",
  out: "attention.output.dense",
  first: "mlp.fc1",
  second: "mlp.fc2",
  before: "norm1",
  after: "norm2",
};
