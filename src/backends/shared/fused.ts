import type { OpDef } from "../../core/define-op.js";
import { tf } from "../../core/tensor.js";
import type { KernelConfig, Tensor, TensorInfo } from "../../core/tensor.js";
import type { KernelTable } from "./open-device.js";

export type KernelInputs = Readonly<Record<string, TensorInfo>>;
export type KernelAttrs = Readonly<Record<string, unknown>>;

/** A kernel of a backend `B`; undefined says that it does not serve these shapes or types. */
export type BackendKernel<B, R> = (inputs: KernelInputs, attrs: KernelAttrs, backend: B) => R | undefined;

type KernelFunc = KernelConfig["kernelFunc"];

/** The kernel of a fused op, and of its gradient; where ours does not serve, the op's own tfjs form runs. */
export function fusedKernels<B>(
  op: { readonly def: unknown },
  forward: BackendKernel<B, TensorInfo>,
  backward?: BackendKernel<B, readonly TensorInfo[]>,
): KernelTable {
  const def = op.def as OpDef;
  const table: Record<string, KernelFunc> = { [def.kernel]: forwardKernel(def, forward) };
  if (backward) table[`${def.kernel}Grad`] = backwardKernel(def, backward);
  return table;
}

function forwardKernel<B>(def: OpDef, run: BackendKernel<B, TensorInfo>): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const made = run(inputs as KernelInputs, (attrs ?? {}) as KernelAttrs, backend as B);
    return made ?? tf.tidy(() => def.expand(inputs as Record<string, Tensor>, (attrs ?? {}) as KernelAttrs));
  };
}

function backwardKernel<B>(def: OpDef, run: BackendKernel<B, readonly TensorInfo[]>): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const made = run(inputs as KernelInputs, (attrs ?? {}) as KernelAttrs, backend as B);
    if (made) return [...made];
    const { dy, ...given } = inputs as Record<string, Tensor>;
    return tf.tidy(() => {
      const rules = def.grad(dy as Tensor, given, (attrs ?? {}) as KernelAttrs) as Record<string, () => Tensor>;
      return Object.keys(given).map((name) => (rules[name] as () => Tensor)());
    });
  };
}
