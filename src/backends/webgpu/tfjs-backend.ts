import type { KernelBackend } from "@tensorflow/tfjs-core";
import type { TensorInfo } from "../../core/tensor.js";

/** A number, or several, of a tfjs program's uniform block. */
export interface UniformPart {
  readonly type: string;
  readonly data: readonly number[];
}

/** A shader of tfjs and how it is started. */
export interface TfjsProgram {
  readonly pipeline: GPUComputePipeline;
  readonly shaderKey: string;
  readonly dispatch: readonly [number, number, number];
  readonly outputShape: readonly number[];
  readonly outputComponent?: number;
  readonly size?: boolean;
  readonly pixelsOpType?: unknown;
}

/** Where tfjs keeps a tensor: on the device, or still in host memory. */
export interface TfjsData {
  dtype: string;
  shape: readonly number[];
  values: ArrayLike<number> | null;
  resource: GPUBuffer | null;
  refCount: number;
}

interface TfjsMap {
  get(id: object): TfjsData;
  has(id: object): boolean;
  delete(id: object): boolean;
}

interface TfjsBuffers {
  readonly numBytesUsed: number;
  numBytesAllocated: number;
  numFreeBuffers: number;
  /** Buffers that no tensor uses, by size and usage. */
  readonly freeBuffers: Map<string, GPUBuffer[]>;
  acquireBuffer(bytes: number, usage: number, mapped?: boolean, reuse?: boolean): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
}

/** tfjs's WebGPU backend as its pinned version is; its own types mark half of this as private. */
export interface TfjsWebGpu extends KernelBackend {
  readonly device: GPUDevice;
  readonly queue: GPUQueue;
  readonly tensorMap: TfjsMap;
  readonly bufferManager: TfjsBuffers;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  commandQueueOwnedIds: WeakSet<object>;
  dispatchCountInPass: number;
  /** Buffers to give back once what is encoded has been submitted. */
  uniformPendingDisposal: GPUBuffer[];
  nextDataId(): number;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer>;
  uploadToGPU(id: object): void;
  releaseResource(id: object): void;
  makeTensorInfo(shape: readonly number[], dtype: string, values?: unknown): TensorInfo;
  recordAndSubmit(program: TfjsProgram, output: TensorInfo, inputs: readonly TensorInfo[], more?: readonly UniformPart[]): void;
}

export type TfjsWebGpuClass = new (device: GPUDevice, info?: GPUAdapterInfo) => TfjsWebGpu;
