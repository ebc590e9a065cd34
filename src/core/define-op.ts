import type { Tensor } from "./tensor.js";

/** Plain attributes of a kernel call. */
export type Attrs = Readonly<Record<string, unknown>>;

/** What is left of an op's inputs when some are optional. */
export type Inputs<R extends string, O extends string> = { readonly [K in R]: Tensor } & {
  readonly [K in O]?: Tensor | undefined;
};

/**
 * A fused op: its meaning as an expansion into tfjs ops, its gradient, and the name of the kernel that a backend may offer
 * instead. A backend that also registers `<kernel>Grad` (inputs `dy` and the op's inputs; outputs one gradient per given
 * input, in declared order) computes the gradient in one call.
 */
export interface OpDef<R extends string, O extends string, A extends Attrs> {
  readonly kernel: string;
  readonly inputs: readonly R[];
  readonly optional?: readonly O[];
  /** The meaning in tfjs ops. It is taped like any tfjs code where no kernel serves. */
  expand(inputs: Inputs<R, O>, attrs: A): Tensor;
  /** The derivative by each input, computed only when asked for. Absent inputs need no entry. */
  grad(dy: Tensor, inputs: Inputs<R, O>, attrs: A): Partial<Record<R | O, () => Tensor>>;
}

/** A defined op: call it with named inputs and attributes. */
export interface Op<R extends string, O extends string, A extends Attrs> {
  (inputs: Inputs<R, O>, attrs: A): Tensor;
  readonly def: OpDef<R, O, A>;
}
