import type { InnerTensor } from "../../core/define-node.js";

/** The tensor with the most numbers; the first of equal ones. */
export function largestOf(tensors: readonly [InnerTensor, ...InnerTensor[]]): InnerTensor {
  return tensors.reduce((most, next) => (size(next) > size(most) ? next : most));
}

/** The same tensor for a batch of samples. */
export function ofBatch({ what, shape }: InnerTensor, batch = 1): InnerTensor {
  return { what, shape: [batch, ...shape] };
}

function size({ shape }: InnerTensor): number {
  return shape.reduce((a, b) => a * b, 1);
}
