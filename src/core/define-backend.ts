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

/** An opened backend: the tensor library runs on it until `close`. */
export interface Device {
  readonly backend: string;
  /** One line for logs and the lock file, e.g. `wasm: 2 threads, SIMD`. */
  readonly info: string;
  /** Waits for all work given to the device. */
  sync(): Promise<void>;
  memory(): { readonly bytes: number; readonly tensors: number };
  /** Multiply-adds that all cores together can do at this precision, in GFLOP/s, measured now; left out where nobody can tell. */
  peak?(): number;
  close(): Promise<void>;
}

/** A kind of hardware and the code for it. */
export interface ComputeBackend {
  readonly id: string;
  readonly note: string;
  /** Precisions that it offers; the first is its default. */
  readonly precisions: readonly Precision[];
  probe(): Promise<Probe>;
  open(options: DeviceOptions): Promise<Device>;
}

/** Makes a backend: a plain value for the list in `backends/index.ts`. */
export function defineBackend(backend: ComputeBackend): ComputeBackend {
  return backend;
}
