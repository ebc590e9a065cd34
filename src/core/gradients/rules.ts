import type { Tensor } from "../tensor.js";

/** How to differentiate one tfjs kernel: the pulls on its inputs, computed only when asked for. */
export interface GradientRule {
  readonly kernel: string;
  /** Inputs that the rule reads, in the order in which `saved` holds them. `all`: every input of a kernel that takes a list. */
  readonly inputs?: readonly string[] | "all";
  /** True where the rule reads the kernel's outputs: they follow the inputs in `saved`. */
  readonly outputs?: boolean;
  readonly pull: (dy: Tensor, saved: readonly Tensor[], attrs: Readonly<Record<string, unknown>>) => Record<string, () => Tensor>;
}

/** The i-th saved tensor; a rule that asks for more than it saved is wrong. */
export function saved(list: readonly Tensor[], i: number): Tensor {
  const tensor = list[i];
  if (!tensor) throw new Error(`a gradient rule asks for saved tensor ${i} of ${list.length}`);
  return tensor;
}
