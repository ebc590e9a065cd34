import type { KernelBackend } from "@tensorflow/tfjs-core";

import type { TensorInfo } from "../../core/tensor.js";
import type { RecordedArgument, Recorder } from "../shared/recorder.js";
import type { Allocator, Block } from "./allocator.js";
import type { Gpu } from "./gpu.js";
import type { HostValues } from "./host-values.js";
import type { DeviceNumbers } from "./numbers.js";
import type { Staging } from "./staging.js";
import type { Means, Workbench } from "./workbench.js";

/** A tensor that a kernel is about to fill. */
export interface Output {
  readonly info: TensorInfo;
  readonly values: DeviceNumbers;
}

/** What the kernels and programs of this backend see of it. */
export interface CudaBackend extends KernelBackend {
  readonly bf16: boolean;
  readonly gpu: Gpu;
  readonly memoryPool: Allocator;
  readonly staging: Staging;
  readonly workbench: Workbench;
  readonly means: Means;
  /** tfjs kernels that ran on the host so far. */
  readonly onHost: ReadonlySet<string>;
  call(name: string): (...args: readonly RecordedArgument[]) => void;
  floats(info: TensorInfo): DeviceNumbers;
  f32(info: TensorInfo): DeviceNumbers;
  i32(info: TensorInfo): DeviceNumbers;
  array(info: TensorInfo): DeviceNumbers;
  output(shape: readonly number[]): Output;
  activation(shape: readonly number[]): Output;
  outputLike(shape: readonly number[], dtype: string): Output;
  outputAs(infos: readonly TensorInfo[], shape: readonly number[]): Output;
  alias(info: TensorInfo, shape: readonly number[]): TensorInfo;
  makeTensor(shape: readonly number[], dtype: string, values: unknown): TensorInfo;
  readSync(dataId: object): HostValues;
  fellBack(kernel: string): void;
  startRecording(): Recorder;
  endRecording(): void;
  /** Calls `lost` once this memory, held by a tensor now, is given back. */
  watch(block: Block, lost: () => void): void;
  /** Writes a block's bf16 copy anew. */
  refresh(block: Block): void;
  /** Throws what a kernel has noted about its data. */
  checkFault(words: Int32Array): void;
}
