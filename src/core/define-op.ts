import { tf } from "./tensor.js";
import type { NamedAttrMap, NamedTensorMap, Tensor } from "./tensor.js";

/** Plain attributes of a kernel call. */
export type Attrs = Readonly<Record<string, unknown>>;

/** An op's inputs by name; optional ones may be left out. */
export type Inputs<R extends string, O extends string> = { readonly [K in R]: Tensor } & {
  readonly [K in O]?: Tensor | undefined;
};

/**
 * A fused op: its meaning as an expansion into tfjs ops, its gradient, and the name of the kernel that a backend may offer
 * instead. A backend that also registers `<kernel>Grad` (inputs `dy` and the op's inputs; outputs one gradient per given
 * input, in declared order) computes the gradient in one call.
 */
export interface OpDef<R extends string = string, O extends string = string, A extends Attrs = Attrs> {
  readonly kernel: string;
  readonly inputs: readonly R[];
  readonly optional?: readonly O[];
  /** The meaning in tfjs ops, run where no kernel serves. */
  expand(inputs: Inputs<R, O>, attrs: A): Tensor;
  /** The derivative by each input, computed only when asked for. Absent inputs need no entry. */
  grad(dy: Tensor, inputs: Inputs<R, O>, attrs: A): Partial<Record<R | O, () => Tensor>>;
}

/** A defined op: call it with named inputs and attributes. */
export interface Op<R extends string = string, O extends string = string, A extends Attrs = Attrs> {
  (inputs: Inputs<R, O>, attrs: A): Tensor;
  readonly def: OpDef<R, O, A>;
}

/** Makes an op: it runs the backend's kernel where there is one, else the expansion; its gradient is the op's own either way. */
export function defineOp<R extends string, O extends string, A extends Attrs>(def: OpDef<R, O, A>): Op<R, O, A> {
  const names: readonly (R | O)[] = [...def.inputs, ...(def.optional ?? [])];
  const call = (inputs: Inputs<R, O>, attrs: A): Tensor => {
    const given: Record<string, Tensor> = {};
    for (const name of names) {
      const input = inputs[name];
      if (input !== undefined) given[name] = input;
    }
    // The definition forgets its own names here; `given` holds exactly the inputs that it declares.
    return runTaped(def as unknown as OpDef, given, attrs);
  };
  return Object.assign(call, { def });
}

/** True where the backend in use has a kernel of this name. */
export function hasKernel(kernel: string): boolean {
  return tf.getKernel(kernel, tf.getBackend()) !== undefined;
}

/** Runs a kernel of the backend in use with plain attributes. */
export function runKernel<T extends Tensor | Tensor[]>(
  kernel: string,
  inputs: Readonly<Record<string, Tensor>>,
  attrs: Attrs,
): T {
  return tf.engine().runKernel(kernel, inputs as NamedTensorMap, attrs as NamedAttrMap) as T;
}

/**
 * Runs an op and, under a gradient tape, records how to differentiate it. The inputs are saved with the tape: a gradient that closed
 * over them would fail once a training step has freed them. What the expansion computes on the way is freed at once.
 */
function runTaped(def: OpDef, inputs: Record<string, Tensor>, attrs: Attrs): Tensor {
  const engine = tf.engine();
  const forward = (): Tensor =>
    hasKernel(def.kernel) ? runKernel<Tensor>(def.kernel, inputs, attrs) : def.expand(inputs, attrs);
  if (engine.state.gradientDepth === 0) return tf.tidy(forward);
  const names = Object.keys(inputs);
  const tensors = Object.values(inputs);
  // tfjs types this method as private; tf.customGrad, its public face, would compute the gradients that nobody asked for.
  return (engine as unknown as TapingEngine).runKernelFunc({
    forwardFunc: (_backend, save) => {
      save(tensors);
      return forward();
    },
    backwardsFunc: (dy, saved) => gradients(def, dy, names, saved, attrs),
    inputs,
  });
}

/** The part of tfjs's engine that runs an op with a gradient of its own; private in its types. */
export interface TapingEngine {
  runKernelFunc(call: {
    forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor;
    backwardsFunc: (dy: Tensor, saved: Tensor[]) => Record<string, () => Tensor>;
    inputs: Record<string, Tensor>;
  }): Tensor;
}

function gradients(
  def: OpDef,
  dy: Tensor,
  names: readonly string[],
  saved: readonly Tensor[],
  attrs: Attrs,
): Record<string, () => Tensor> {
  const inputs = Object.fromEntries(names.map((name, i) => [name, saved[i] as Tensor]));
  if (!hasKernel(`${def.kernel}Grad`)) return def.grad(dy, inputs, attrs) as Record<string, () => Tensor>;
  // Computed here and not on first use: tfjs frees what is made while one input's gradient is computed, and the others need it too.
  const all = runKernel<Tensor | Tensor[]>(`${def.kernel}Grad`, { dy, ...inputs }, attrs);
  const list = Array.isArray(all) ? all : [all];
  return Object.fromEntries(names.map((name, i) => [name, () => list[i] as Tensor]));
}
