import { tf } from "../../core/tensor.js";
import type { KernelConfig, Tensor, TensorInfo } from "../../core/tensor.js";
import type { OpDef } from "../../core/define-op.js";
import type { KernelTable } from "../shared/open-device.js";
import type { NativeBackend } from "./backend.js";

export type KernelInputs = Readonly<Record<string, TensorInfo>>;
export type KernelAttrs = Readonly<Record<string, unknown>>;

/** A kernel of this backend; undefined says that it does not serve these shapes or types. */
export type NativeKernel<R> = (inputs: KernelInputs, attrs: KernelAttrs, backend: NativeBackend) => R | undefined;

type KernelFunc = KernelConfig["kernelFunc"];

/** A tfjs kernel: where ours does not serve, tfjs's cpu kernel runs on the same memory. */
export function withCpu(name: string, run: NativeKernel<TensorInfo | TensorInfo[]>): KernelFunc {
  return (call) => {
    const { inputs, attrs, backend } = call;
    return run(inputs as KernelInputs, (attrs ?? {}) as KernelAttrs, backend as NativeBackend) ?? onCpu(name)(call);
  };
}

/** tfjs's cpu kernel on our memory. */
export function onCpu(name: string): KernelFunc {
  return (call) => {
    (call.backend as NativeBackend).fellBack(name);
    return tf.getKernel(name, "cpu").kernelFunc(call);
  };
}

/** A table of tfjs kernels, each with tfjs's cpu kernel behind it. */
export function withCpuTable(kernels: Readonly<Record<string, NativeKernel<TensorInfo | TensorInfo[]>>>): KernelTable {
  return Object.fromEntries(Object.entries(kernels).map(([name, run]) => [name, withCpu(name, run)]));
}

/** The kernel of a fused op, and of its gradient; where ours does not serve, the op's own tfjs form runs. */
export function fused(
  op: { readonly def: unknown },
  forward: NativeKernel<TensorInfo>,
  backward?: NativeKernel<readonly TensorInfo[]>,
): KernelTable {
  const def = op.def as OpDef;
  const table: Record<string, KernelFunc> = { [def.kernel]: forwardKernel(def, forward) };
  if (backward) table[`${def.kernel}Grad`] = backwardKernel(def, backward);
  return table;
}

function forwardKernel(def: OpDef, run: NativeKernel<TensorInfo>): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const made = run(inputs as KernelInputs, (attrs ?? {}) as KernelAttrs, backend as NativeBackend);
    return made ?? tf.tidy(() => def.expand(inputs as Record<string, Tensor>, (attrs ?? {}) as KernelAttrs));
  };
}

function backwardKernel(def: OpDef, run: NativeKernel<readonly TensorInfo[]>): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const made = run(inputs as KernelInputs, (attrs ?? {}) as KernelAttrs, backend as NativeBackend);
    if (made) return [...made];
    const { dy, ...given } = inputs as Record<string, Tensor>;
    return tf.tidy(() => {
      const rules = def.grad(dy as Tensor, given, (attrs ?? {}) as KernelAttrs) as Record<string, () => Tensor>;
      return Object.keys(given).map((name) => (rules[name] as () => Tensor)());
    });
  };
}

/** True where all of these are float32. */
export function allFloat(...infos: readonly (TensorInfo | undefined)[]): boolean {
  return infos.every((info) => info === undefined || info.dtype === "float32");
}

/** How many numbers a shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** True for equal shapes. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** The last axis of a shape; 1 for a scalar. */
export function lastAxis(shape: readonly number[]): number {
  return shape.at(-1) ?? 1;
}
