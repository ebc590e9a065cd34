import type { Tensor } from "../tensor.js";

/** How many numbers a tensor holds. */
export function tensorSize(tensor: Tensor): number {
  return tensor.shape.reduce((a, b) => a * b, 1);
}
