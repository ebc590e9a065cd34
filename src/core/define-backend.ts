import type { HostArray, Tensor } from "./tensor.js";

/** Arithmetic of the heavy ops. fp32 is the default; the others are asked for by name. */
export type Precision = "fp32" | "bf16" | "f16";

/** What a backend says about this machine before it is opened. */
export interface Probe {
  readonly available: boolean;
  /** One line: what was found, or what is missing and how to get it. */
  readonly reason: string;
}

export interface DeviceOptions {
  readonly precision: Precision;
  /** CPU threads; undefined lets the backend choose. */
  readonly threads?: number | undefined;
}

/** A step as a function of tensors, for a device to record: it does the same work whatever numbers its inputs hold. */
export type Trace = (inputs: readonly Tensor[]) => readonly Tensor[];

/** What a device noted of one step. */
export interface Recording {
  /** The results of the step itself, which the caller owns. */
  readonly outputs: readonly Tensor[];
}

/** A recorded step, replayed as one call. Tensors from outside (weights, moments) are read and changed where they lie. */
export interface Program {
  /** One line for logs, e.g. `431 calls, 12.3 MB`. */
  readonly info: string;
  /** Does the step again on other inputs, of the recorded shapes, off the JavaScript thread. One replay at a time. */
  replay(inputs: readonly HostArray[]): Promise<readonly HostArray[]>;
  /** Seconds that the last replay was at work in kernels; left out where nobody can tell. */
  kernelSeconds?(): number;
  /** A copy of the memory outside that it reads or changes, in blocks of a fixed order; `writeState` puts such blocks back. */
  readState(): Promise<readonly Uint8Array[]>;
  writeState(blocks: readonly Uint8Array[]): Promise<void>;
}

/** An opened backend: the tensor library runs on it until `close`. */
export interface Device {
  readonly backend: string;
  /** One line for logs and the lock file, e.g. `wasm: 2 threads, SIMD`. */
  readonly info: string;
  /** Waits for all work given to the device. */
  sync(): Promise<void>;
  /** Runs a step and notes what it asks of the device; backends without programs have none. */
  record?(trace: Trace, inputs: readonly HostArray[]): Recording;
  /**
   * Makes a program from recordings of two successive steps; what differs between them is no constant. Gives the reason in words where
   * the step cannot be replayed.
   */
  compile?(first: Recording, second: Recording): Program | string;
  /** Lines for the run's log that came up since the last call, each told once, e.g. of kernels that run on the host. */
  remarks?(): readonly string[];
  /** What tensors hold now; `peak`, where the backend counts it, is the most bytes of memory held since it was opened, programs included. */
  memory(): { readonly bytes: number; readonly tensors: number; readonly peak?: number };
  /** Multiply-adds that all cores together can do at this precision, in GFLOP/s, measured now; left out where nobody can tell. */
  peak?(): number;
  close(): Promise<void>;
}

/** What a device can hold. */
export interface DeviceLimits {
  /** Bytes of the largest tensor. */
  readonly tensorBytes: number;
  /** Whose limits these are, e.g. `nvidia ampere` or `WebGPU's guaranteed minimum; no adapter is at hand`. */
  readonly of: string;
}

/** A kind of hardware and the code for it. */
export interface ComputeBackend {
  readonly id: string;
  readonly note: string;
  /** Precisions that it offers; the first is its default. */
  readonly precisions: readonly Precision[];
  probe(): Promise<Probe>;
  /** Limits that a graph can be held against before it runs; left out where memory alone is the limit. */
  limits?(): Promise<DeviceLimits>;
  open(options: DeviceOptions): Promise<Device>;
}

/** Makes a backend: a plain value for the list in `backends/index.ts`. */
export function defineBackend(backend: ComputeBackend): ComputeBackend {
  return backend;
}
