import type { DataStorage, DataType, KernelBackend } from "@tensorflow/tfjs-core";

import { tf } from "../../core/tensor.js";
import type { TensorInfo } from "../../core/tensor.js";
import type { Recorder } from "../shared/recorder.js";
import { sizeOf } from "../shared/shapes.js";
import type { Allocator, Block } from "./allocator.js";
import type { Output } from "./cuda-backend.js";
import { storageOf, typed } from "./host-values.js";
import { numbersIn, storageBytes } from "./numbers.js";
import type { DeviceNumbers, Storage } from "./numbers.js";
import type { Staging } from "./staging.js";
import { bytesOf } from "./workbench.js";

/** What a tensor of the backend holds. */
export interface Stored {
  numbers?: DeviceNumbers;
  /** What never goes to the device: texts and complex numbers. */
  values?: unknown;
  readonly length: number;
  readonly dtype: string;
  refCount: number;
}

/** The tensors of the backend: the device memory of each, and who still refers to it. A recorder is told what comes and goes. */
export class TensorMemory {
  recorder: Recorder | undefined;
  private readonly data: DataStorage<Stored>;
  private readonly watched = new Map<Block, (() => void)[]>();

  constructor(
    owner: KernelBackend,
    private readonly pool: Allocator,
    private readonly staging: Staging,
  ) {
    this.data = new tf.DataStorage<Stored>(owner, tf.engine());
  }

  get(dataId: object): Stored {
    return this.data.get(dataId);
  }

  get count(): number {
    return this.data.numDataIds();
  }

  /** Memory that no tensor owns yet. */
  take(length: number, storage: Storage): DeviceNumbers {
    const numbers = numbersIn(this.pool.take(Math.max(1, length * storageBytes[storage])), length, storage);
    this.recorder?.allocated(numbers.buffer);
    return numbers;
  }

  /** A tensor whose contents are undefined. */
  make(shape: readonly number[], dtype: string, storage: Storage): Output {
    const values = this.take(sizeOf(shape), storage);
    return { info: this.register(shape, dtype, { numbers: values, length: values.length, dtype, refCount: 1 }), values };
  }

  /** A tensor of host values. */
  fill(shape: readonly number[], dtype: string, values: unknown): TensorInfo {
    return this.register(shape, dtype, this.stored(values, sizeOf(shape), dtype, 1));
  }

  private register(shape: readonly number[], dtype: string, stored: Stored): TensorInfo {
    const dataId = {};
    this.data.set(dataId, stored);
    return { dataId, shape: [...shape], dtype: dtype as DataType };
  }

  /** Host values under an id that tfjs chose. */
  put(dataId: object, values: unknown, length: number, dtype: string, refCount: number): void {
    this.data.set(dataId, this.stored(values, length, dtype, refCount));
  }

  private stored(values: unknown, length: number, dtype: string, refCount: number): Stored {
    if (dtype === "string" || dtype === "complex64") return { values, length, dtype, refCount };
    const numbers = this.take(length, storageOf(dtype));
    if (values !== null && values !== undefined) {
      const bytes = bytesOf(typed(values as ArrayLike<number>, dtype));
      this.staging.upload(numbers.buffer.address, bytes);
      this.recorder?.wrote(numbers, bytes.slice());
    }
    return { numbers, length, dtype, refCount };
  }

  /** Calls `lost` once this memory, held by a tensor now, is given back. */
  watch(block: Block, lost: () => void): void {
    this.watched.set(block, [...(this.watched.get(block) ?? []), lost]);
  }

  giveBack(block: Block): void {
    if (block.copy) this.giveBack(block.copy);
    delete block.copy;
    this.recorder?.freed(block);
    for (const lost of this.watched.get(block) ?? []) lost();
    this.watched.delete(block);
    this.pool.give(block);
  }

  refer(dataId: object): void {
    if (this.data.has(dataId)) this.data.get(dataId).refCount++;
  }

  references(dataId: object): number {
    return this.data.has(dataId) ? this.data.get(dataId).refCount : 0;
  }

  /** One reference less, or none; true where the tensor is no more. */
  release(dataId: object, force: boolean): boolean {
    if (!this.data.has(dataId)) return true;
    const stored = this.data.get(dataId);
    stored.refCount--;
    if (!force && stored.refCount > 0) return false;
    if (stored.numbers) this.giveBack(stored.numbers.buffer);
    this.data.delete(dataId);
    return true;
  }
}
