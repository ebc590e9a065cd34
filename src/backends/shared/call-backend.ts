import type { PerStep } from "../../core/per-step.js";
import type { TensorInfo } from "../../core/tensor.js";
import { fusedKernels } from "./fused.js";
import type { BackendKernel, KernelAttrs, KernelInputs } from "./fused.js";
import type { KernelTable } from "./open-device.js";

export type { KernelAttrs, KernelInputs };

/** A tensor's memory, as a backend holds it: a typed array, or a place on a device. */
export interface Numbers {
  /** Elements. */
  readonly length: number;
}

/** What a call is given: memory (null where left out), lists of memory, and numbers, some of them asked for at each step. */
export type CallArgument = Numbers | readonly Numbers[] | number | PerStep | null | undefined;

/** A tensor that a call is about to fill, and its memory, whose contents are undefined. */
export interface Output {
  readonly info: TensorInfo;
  readonly values: Numbers;
}

/**
 * A backend that does its work by calls: a name, memory and numbers, in the order that the comments in native/cc give. The kernels beside
 * this file turn tfjs's kernels and our fused ops into such calls, so a backend of this kind brings the calls alone.
 */
export interface CallBackend {
  /** Matrix products take bfloat16 operands. */
  readonly bf16: boolean;
  call(name: string): (...args: readonly CallArgument[]) => void;
  /** The numbers of a float32 tensor. */
  f32(info: TensorInfo): Numbers;
  /** The same, where the call also takes numbers of fewer bits, in which a backend may keep an `activation`. */
  floats(info: TensorInfo): Numbers;
  i32(info: TensorInfo): Numbers;
  /** The numbers of a float32, int32 or bool tensor, in the bits in which they are kept. */
  array(info: TensorInfo): Numbers;
  /** A new float32 tensor. */
  output(shape: readonly number[]): Output;
  /** A new float32 tensor that the backend may keep in fewer bits. */
  activation(shape: readonly number[]): Output;
  outputLike(shape: readonly number[], dtype: string): Output;
  /** A new tensor that holds what these do, of one type, in as many bits. */
  outputAs(infos: readonly TensorInfo[], shape: readonly number[]): Output;
  /** The same data under another shape. */
  alias(info: TensorInfo, shape: readonly number[]): TensorInfo;
  disposeData(dataId: object, force?: boolean): boolean;
}

/** A kernel made of calls; undefined says that it does not serve these shapes or types. */
export type CallKernel<R> = BackendKernel<CallBackend, R>;

/** tfjs's kernels, made of calls; a backend puts something behind each that serves where these do not. */
export type BaseKernels = Readonly<Record<string, CallKernel<TensorInfo | TensorInfo[]>>>;

/** Kernels of one kind. */
export interface CallKernels {
  readonly base: BaseKernels;
  readonly fused: KernelTable;
}

/** The kernel of a fused op, and of its gradient; where ours does not serve, the op's own tfjs form runs. */
export const fused = fusedKernels<CallBackend>;
