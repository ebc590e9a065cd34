import type { DataType } from "@tensorflow/tfjs-core";

import { tf } from "../../core/tensor.js";
import type { TensorInfo } from "../../core/tensor.js";
import { Recorder } from "../shared/recorder.js";
import type { RecordedArgument } from "../shared/recorder.js";
import { sizeOf } from "../shared/shapes.js";
import type { Allocator, Block } from "./allocator.js";
import { throwFault } from "./faults.js";
import { timeWork } from "./gpu.js";
import type { Gpu } from "./gpu.js";
import type { CudaBackend, Output } from "./cuda-backend.js";
import { hostValues, storageOf } from "./host-values.js";
import type { HostValues } from "./host-values.js";
import type { LauncherArgument } from "./issue.js";
import { numbersIn } from "./numbers.js";
import type { DeviceNumbers } from "./numbers.js";
import type { Staging } from "./staging.js";
import { TensorMemory } from "./tensor-memory.js";
import type { Means, Workbench } from "./workbench.js";

/** The parts of an opened device that the backend works with. */
export interface Parts {
  readonly gpu: Gpu;
  readonly memoryPool: Allocator;
  readonly staging: Staging;
  readonly workbench: Workbench;
  readonly means: Means;
  readonly bf16: boolean;
}

/** Makes the tfjs backend over a GPU. Every tensor lies on the device from the start. */
export function makeBackend(parts: Parts): CudaBackend {
  const { gpu, memoryPool, staging, workbench, bf16 } = parts;

  class OwnBackend extends tf.KernelBackend {
    readonly bf16 = bf16;
    readonly gpu = gpu;
    readonly memoryPool = memoryPool;
    readonly staging = staging;
    readonly workbench = workbench;
    readonly means = parts.means;
    readonly onHost = new Set<string>();
    private readonly tensors = new TensorMemory(this, memoryPool, staging);
    private readonly calls = new Map<string, (...args: readonly RecordedArgument[]) => void>();
    private mayFault = false;

    call(name: string): (...args: readonly RecordedArgument[]) => void {
      let call = this.calls.get(name);
      if (!call) {
        call = (...args) => {
          const given = name === "gemm" && bf16 ? this.halved(args) : args;
          this.tensors.recorder?.call(name, given);
          this.mayFault ||= name === "gather" || name === "gatherNd";
          // Memory comes from this backend alone.
          workbench.run(name, given as readonly LauncherArgument[]);
        };
        this.calls.set(name, call);
      }
      return call;
    }

    /** The operands of a product as bf16: weights keep such a copy, which the optimizer writes along. */
    private halved(args: readonly RecordedArgument[]): readonly RecordedArgument[] {
      return args.map((arg, i) => (i === 1 || i === 2 ? this.copyOf(arg as DeviceNumbers) : arg));
    }

    private copyOf(numbers: DeviceNumbers): DeviceNumbers {
      if (numbers.storage !== "f32") return numbers;
      const known = numbers.buffer.copy;
      const copy = numbersIn(known ?? memoryPool.take(2 * numbers.length), numbers.length, "bf16");
      if (known) return copy;
      numbers.buffer.copy = copy.buffer;
      this.tensors.recorder?.allocated(copy.buffer);
      this.call("narrow")(copy, numbers);
      return copy;
    }

    refresh(block: Block): void {
      if (!block.copy) return;
      const length = Math.floor(block.copy.bytes / 2);
      workbench.run("narrow", [
        numbersIn(block.copy, length, "bf16"),
        numbersIn(block, Math.min(length, block.bytes / 4), "f32"),
      ]);
    }

    startRecording(): Recorder {
      return (this.tensors.recorder = new Recorder(() => true));
    }

    endRecording(): void {
      this.tensors.recorder = undefined;
    }

    fellBack(kernel: string): void {
      this.onHost.add(kernel);
      this.tensors.recorder?.refuse(`the kernel ${kernel} runs on the host for these shapes or types`);
    }

    watch(block: Block, lost: () => void): void {
      this.tensors.watch(block, lost);
    }

    array(info: TensorInfo): DeviceNumbers {
      const { numbers } = this.tensors.get(info.dataId);
      if (!numbers) throw new Error(`cuda: a tensor of type ${info.dtype} is not on the device`);
      return numbers;
    }

    floats(info: TensorInfo): DeviceNumbers {
      const numbers = this.array(info);
      return numbers.storage === "f32" || numbers.storage === "bf16" ? numbers : this.f32(info);
    }

    /** A tensor kept as bf16 is written out once and stays so. */
    f32(info: TensorInfo): DeviceNumbers {
      const stored = this.tensors.get(info.dataId);
      const numbers = this.array(info);
      if (numbers.storage === "f32") return numbers;
      if (numbers.storage !== "bf16") throw new Error(`cuda: a tensor of type ${info.dtype} is read as float32`);
      const wide = this.tensors.take(numbers.length, "f32");
      this.call("widen")(wide, numbers);
      this.tensors.giveBack(numbers.buffer);
      return (stored.numbers = wide);
    }

    i32(info: TensorInfo): DeviceNumbers {
      const numbers = this.array(info);
      if (numbers.storage !== "i32") throw new Error(`cuda: a tensor of type ${info.dtype} is read as int32`);
      return numbers;
    }

    output(shape: readonly number[]): Output {
      return this.tensors.make(shape, "float32", "f32");
    }

    activation(shape: readonly number[]): Output {
      return this.tensors.make(shape, "float32", bf16 ? "bf16" : "f32");
    }

    outputLike(shape: readonly number[], dtype: string): Output {
      return this.tensors.make(shape, dtype, storageOf(dtype));
    }

    outputAs(infos: readonly TensorInfo[], shape: readonly number[]): Output {
      const dtype = infos[0]?.dtype ?? "float32";
      const half = dtype === "float32" && infos.every((info) => this.array(info).storage === "bf16");
      return this.tensors.make(shape, dtype, half ? "bf16" : storageOf(dtype));
    }

    alias(info: TensorInfo, shape: readonly number[]): TensorInfo {
      this.incRef(info.dataId);
      return { dataId: info.dataId, shape: [...shape], dtype: info.dtype };
    }

    /** A tensor of host values that kernels know to be no constant of the graph. */
    makeTensor(shape: readonly number[], dtype: string, values: unknown): TensorInfo {
      return this.tensors.fill(shape, dtype, values);
    }

    override write(values: unknown, shape: number[], dtype: DataType): object {
      return this.tensors.fill(shape, dtype, values).dataId;
    }

    override move(dataId: object, values: unknown, shape: number[], dtype: DataType, refCount: number): void {
      this.tensors.put(dataId, values, sizeOf(shape), dtype, refCount);
    }

    override async read(dataId: object): Promise<HostValues> {
      this.tensors.recorder?.refuse("numbers are read from the device within the step");
      const { numbers, values } = this.tensors.get(dataId);
      if (!numbers) return values as HostValues;
      const bytes = await staging.download(numbers.buffer.address, numbers.byteLength);
      this.askFault();
      return hostValues(bytes, numbers.storage);
    }

    override readSync(dataId: object): HostValues {
      this.tensors.recorder?.refuse("numbers are read from the device within the step");
      const { numbers, values } = this.tensors.get(dataId);
      if (!numbers) return values as HostValues;
      const bytes = staging.downloadNow(numbers.buffer.address, numbers.byteLength);
      this.askFault();
      return hostValues(bytes, numbers.storage);
    }

    private askFault(): void {
      if (!this.mayFault) return;
      this.mayFault = false;
      this.checkFault(new Int32Array(staging.downloadNow(workbench.fault.address, 16).buffer));
    }

    checkFault(words: Int32Array): void {
      if (words[0] === 0) return;
      gpu.driver.call("cuMemsetD32Async", workbench.fault.address, 0, 4, gpu.stream);
      throwFault(words);
    }

    override disposeData(dataId: object, force = false): boolean {
      return this.tensors.release(dataId, force);
    }

    override incRef(dataId: object): void {
      this.tensors.refer(dataId);
    }

    override refCount(dataId: object): number {
      return this.tensors.references(dataId);
    }

    override numDataIds(): number {
      return this.tensors.count;
    }

    override memory(): { unreliable: boolean } {
      return { unreliable: false };
    }

    override floatPrecision(): 16 | 32 {
      return 32;
    }

    override epsilon(): number {
      return 1e-7;
    }

    override timerAvailable(): boolean {
      return true;
    }

    /** Milliseconds that the device works on what the function gives it, by events in the stream. */
    override async time(run: () => void): Promise<{ kernelMs: number }> {
      return { kernelMs: await timeWork(gpu, run) };
    }

    override dispose(): void {
      workbench.close();
      memoryPool.trim();
      staging.close();
      gpu.close();
    }
  }
  return new OwnBackend() as unknown as CudaBackend;
}
