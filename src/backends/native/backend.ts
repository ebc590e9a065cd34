import type * as CpuLibrary from "@tensorflow/tfjs-backend-cpu";
import type { KernelBackend } from "@tensorflow/tfjs-core";

import type { LendsMemory } from "../../core/blank-floats.js";
import type { TensorInfo } from "../../core/tensor.js";
import { nativeCall } from "./addon.js";
import type { NativeAddon, NativeArgument, NativeArray } from "./addon.js";
import type { KernelInputs } from "../shared/call-backend.js";
import { makeBufferPool } from "./buffer-pool.js";
import { Recorder } from "../shared/recorder.js";
import type { RecordedArgument } from "../shared/recorder.js";

/** A tensor that a kernel is about to fill, and its memory, whose contents are undefined. */
export interface Output<T extends NativeArray = Float32Array> {
  readonly info: TensorInfo;
  readonly values: T;
}

/** What the kernels of this backend see of it. */
export interface NativeBackend extends KernelBackend, LendsMemory {
  readonly bf16: boolean;
  /** The addon's kernel of this name. */
  call(name: string): (...args: readonly RecordedArgument[]) => void;
  /** Starts to note calls and memory, until `endRecording`. */
  startRecording(): Recorder;
  endRecording(): void;
  /** Says that a kernel of tfjs's runs instead of ours. */
  fellBack(kernel: string, inputs: KernelInputs): void;
  /** Lets go of memory that no tensor uses. */
  trim(): void;
  /** Calls `lost` once this memory, held by a tensor now, is given back. */
  watch(buffer: ArrayBufferLike, lost: () => void): void;
  /** The numbers of a tensor, in place. */
  f32(info: TensorInfo): Float32Array;
  /** The same: this backend keeps all 32 bits. */
  floats(info: TensorInfo): Float32Array;
  i32(info: TensorInfo): Int32Array;
  /** The typed array of a float32, int32 or bool tensor, in place. A cpu kernel may have left another type of array; it is converted once. */
  array(info: TensorInfo): NativeArray;
  output(shape: readonly number[]): Output;
  /** The same as `output`. */
  activation(shape: readonly number[]): Output;
  outputLike(shape: readonly number[], dtype: string): Output<NativeArray>;
  outputAs(infos: readonly TensorInfo[], shape: readonly number[]): Output<NativeArray>;
  /** The same data under another shape. */
  alias(info: TensorInfo, shape: readonly number[]): TensorInfo;
}

/** Where a tensor's numbers are, as tfjs's cpu backend keeps them. */
interface Stored {
  values?: NativeArray | Uint8Array[];
  refCount: number;
}

/**
 * Makes the tfjs backend: tfjs's own cpu backend over pooled memory, so every cpu kernel works on the same arrays as ours. A cpu
 * kernel may give out a view of another tensor's memory; such memory is left to the garbage collector instead of the pool.
 */
export function makeBackend(library: typeof CpuLibrary, addon: NativeAddon, bf16: boolean): NativeBackend {
  const pool = makeBufferPool(
    (bytes) => addon.allocate(bytes),
    (buffer) => addon.release(buffer),
  );
  const calls = new Map<string, (...args: readonly RecordedArgument[]) => void>();

  class NativeMathBackend extends library.MathBackendCPU {
    readonly bf16 = bf16;
    private readonly held = new WeakSet<ArrayBufferLike>();
    private readonly watched = new Map<ArrayBufferLike, (() => void)[]>();
    private making = false;
    private recorder: Recorder | undefined;

    constructor() {
      super();
      // The banner that tfjs prints at a cpu backend's first write is about another package.
      Reflect.set(this, "firstUse", false);
    }

    call(name: string): (...args: readonly RecordedArgument[]) => void {
      let call = calls.get(name);
      if (!call) {
        const kernel = nativeCall(addon, name);
        call = (...args) => {
          this.recorder?.call(name, args);
          kernel(...args.map(now));
        };
        calls.set(name, call);
      }
      return call;
    }

    startRecording(): Recorder {
      return (this.recorder = new Recorder((buffer) => pool.owns(buffer as ArrayBufferLike)));
    }

    endRecording(): void {
      this.recorder = undefined;
    }

    fellBack(kernel: string, inputs: KernelInputs): void {
      if (!this.recorder) return;
      // Some of tfjs's kernels take lists of tensors, or leave one out.
      const all = Object.values(inputs as Readonly<Record<string, TensorInfo | readonly TensorInfo[] | undefined>>).flat();
      const given = all.map((info) => (info ? `${info.dtype}[${info.shape.join()}]` : "nothing"));
      this.recorder.refuse(`the kernel ${kernel} runs in tfjs's own code for ${given.join(" and ")}`);
    }

    trim(): void {
      pool.clear();
    }

    watch(buffer: ArrayBufferLike, lost: () => void): void {
      this.watched.set(buffer, [...(this.watched.get(buffer) ?? []), lost]);
    }

    stored(info: TensorInfo): Stored {
      return this.data.get(info.dataId) as unknown as Stored;
    }

    array(info: TensorInfo): NativeArray {
      if (info.dtype === "int32") return this.i32(info);
      if (info.dtype === "float32") return this.f32(info);
      const stored = this.stored(info);
      if (stored.values instanceof Uint8Array) return stored.values;
      return (stored.values = Uint8Array.from(stored.values as ArrayLike<number>));
    }

    f32(info: TensorInfo): Float32Array {
      const stored = this.stored(info);
      if (stored.values instanceof Float32Array) return stored.values;
      this.recorder?.refuse(`a tensor of type ${info.dtype} is read as float32`);
      return (stored.values = Float32Array.from(stored.values as ArrayLike<number>));
    }

    floats(info: TensorInfo): Float32Array {
      return this.f32(info);
    }

    i32(info: TensorInfo): Int32Array {
      const stored = this.stored(info);
      if (stored.values instanceof Int32Array) return stored.values;
      this.recorder?.refuse(`a tensor of type ${info.dtype} is read as int32`);
      return (stored.values = Int32Array.from(stored.values as ArrayLike<number>));
    }

    output(shape: readonly number[]): Output {
      return this.outputLike(shape, "float32") as Output;
    }

    activation(shape: readonly number[]): Output {
      return this.output(shape);
    }

    outputLike(shape: readonly number[], dtype: string): Output<NativeArray> {
      const size = shape.reduce((a, b) => a * b, 1);
      const values = viewOf(dtype, size, pool);
      this.recorder?.allocated(values.buffer);
      return { info: this.makeTensorInfo([...shape], dtype as "float32", values), values };
    }

    outputAs(infos: readonly TensorInfo[], shape: readonly number[]): Output<NativeArray> {
      return this.outputLike(shape, infos[0]?.dtype ?? "float32");
    }

    lend(length: number): Float32Array {
      return viewOf("float32", length, pool) as Float32Array;
    }

    adopt(values: Float32Array, shape: readonly number[]): TensorInfo {
      return this.makeTensorInfo([...shape], "float32", values);
    }

    alias(info: TensorInfo, shape: readonly number[]): TensorInfo {
      this.incRef(info.dataId);
      return { dataId: info.dataId, shape: [...shape], dtype: info.dtype };
    }

    /**
     * Data from outside is copied: an optimizer changes variables in place, and the caller's array must not follow. What kernels make
     * comes through `makeTensorInfo` and is taken as it is.
     */
    override write(...[values, shape, dtype]: Parameters<CpuLibrary.MathBackendCPU["write"]>): object {
      if (this.making) return super.write(values, shape, dtype);
      const copy = copyOf(values, dtype, pool, this);
      if (ArrayBuffer.isView(copy)) this.recorder?.wrote(copy, bytesOf(copy).slice());
      return super.write(copy, shape, dtype);
    }

    override makeTensorInfo(...args: Parameters<CpuLibrary.MathBackendCPU["makeTensorInfo"]>): TensorInfo {
      this.hold(args[2]);
      this.making = true;
      try {
        return super.makeTensorInfo(...args);
      } finally {
        this.making = false;
      }
    }

    override move(...args: Parameters<CpuLibrary.MathBackendCPU["move"]>): void {
      this.hold(args[1]);
      super.move(...args);
    }

    /** Notes who holds a block; a second holder means that neither may give it back. */
    hold(values: unknown): void {
      if (!ArrayBuffer.isView(values) || !pool.owns(values.buffer)) return;
      if (this.held.has(values.buffer)) pool.disown(values.buffer);
      else this.held.add(values.buffer);
    }

    /** A copy: the memory itself is used again after the tensor's end. */
    override readSync(dataId: object): ReturnType<CpuLibrary.MathBackendCPU["readSync"]> {
      this.recorder?.refuse("numbers are read from the device within the step");
      const values = super.readSync(dataId);
      return ArrayBuffer.isView(values) && pool.owns(values.buffer) ? values.slice() : values;
    }

    override disposeData(dataId: object, force = false): boolean {
      const values = this.data.has(dataId) ? this.data.get(dataId).values : undefined;
      const released = super.disposeData(dataId, force);
      if (released && ArrayBuffer.isView(values)) {
        this.held.delete(values.buffer);
        this.recorder?.freed(values.buffer);
        for (const lost of this.watched.get(values.buffer) ?? []) lost();
        this.watched.delete(values.buffer);
        pool.give(values.buffer);
      }
      return released;
    }

    override memory(): { unreliable: boolean; reasons: string[] } {
      return { unreliable: false, reasons: [] };
    }

    override dispose(): void {
      pool.clear();
    }
  }

  return new NativeMathBackend() as unknown as NativeBackend;
}

/** The value of an argument at this moment; the memory is this backend's own, typed arrays. */
function now(arg: RecordedArgument): NativeArgument {
  return typeof arg === "function" ? arg() : (arg as NativeArgument);
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

interface Holder {
  hold(values: unknown): void;
}

function copyOf<T>(values: T, dtype: string, pool: { take(bytes: number): ArrayBuffer }, holder: Holder): T | NativeArray {
  if (!ArrayBuffer.isView(values) || !["float32", "int32", "bool"].includes(dtype)) return values;
  const given = values as unknown as NativeArray;
  const copy = viewOf(dtype, given.length, pool);
  copy.set(given);
  holder.hold(copy);
  return copy;
}

function viewOf(dtype: string, size: number, pool: { take(bytes: number): ArrayBuffer }): NativeArray {
  if (dtype === "int32") return new Int32Array(pool.take(size * 4), 0, size);
  if (dtype === "bool") return new Uint8Array(pool.take(size), 0, size);
  return new Float32Array(pool.take(size * 4), 0, size);
}
