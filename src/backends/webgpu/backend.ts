import type { Precision } from "../../core/define-backend.js";
import type { TensorInfo } from "../../core/tensor.js";
import type { MatrixUnit } from "./kernels/gemm-matrix-shader.js";
import { isSoftware, largestBuffer, matrixUnit } from "./open-gpu.js";
import { watchFaults } from "./faults.js";
import { makePipelines } from "./pipelines.js";
import { Recorder } from "./recorder.js";
import type { Uniform } from "./recorder.js";
import { packNumbers } from "./shader.js";
import type { Shader } from "./shader.js";
import type { TfjsProgram, TfjsWebGpu, TfjsWebGpuClass, UniformPart } from "./tfjs-backend.js";
import { tfjsUniforms } from "./tfjs-uniforms.js";
import { makeUniformBlocks } from "./uniform-blocks.js";
import type { UniformBlocks } from "./uniform-blocks.js";

/** A start of one of our shaders. */
export interface Dispatch {
  readonly reads: readonly TensorInfo[];
  readonly writes: readonly TensorInfo[];
  /** The shader's numbers; a function is asked anew at each run and replay. */
  readonly numbers: readonly number[] | (() => readonly number[]);
  readonly groups: readonly [number, number, number];
}

/** What the kernels of this backend see of it. */
export interface WebGpuBackend extends TfjsWebGpu {
  readonly precision: Precision;
  /** The adapter is a processor that plays a GPU. */
  readonly software: boolean;
  /** The GPU's own product of half floats; at precision f16 alone. */
  readonly unit: MatrixUnit | undefined;
  /** A new tensor of undefined contents on the device. */
  output(shape: readonly number[], dtype?: "float32" | "int32"): TensorInfo;
  /** The same data under another shape. */
  alias(info: TensorInfo, shape: readonly number[]): TensorInfo;
  /** Gives back a tensor that only this kernel knew. */
  free(info: TensorInfo): void;
  run(shader: Shader, dispatch: Dispatch): void;
  /** The device memory of a tensor. */
  bufferOf(info: TensorInfo): GPUBuffer;
  /** Sends all that is encoded to the device. */
  flush(): void;
  /** Throws what the device has complained of since the last time. */
  checkFaults(): void;
  /** The value of a promise of the device; rejects with the reason where the device is lost meanwhile. */
  during<T>(work: Promise<T>): Promise<T>;
  /** From here on the device's end is wanted, and no loss. */
  endFaults(): void;
  readonly blocks: UniformBlocks;
  /** Lets go of memory that no tensor uses. */
  trim(): void;
  /** Calls `lost` once this buffer, held by a tensor now, is given back. */
  watch(buffer: GPUBuffer, lost: () => void): void;
  startRecording(): Recorder;
  endRecording(): void;
}

/** Starts that are gathered before the device gets them. */
const batch = 64;

/** Makes the tfjs backend: tfjs's shaders and ours on one device and one way to start them, which can be recorded. */
export function makeBackend(Base: TfjsWebGpuClass, device: GPUDevice, info: GPUAdapterInfo, precision: Precision): WebGpuBackend {
  const blocks = makeUniformBlocks(device);
  const pipelines = makePipelines(device);
  const faults = watchFaults(device);
  const largest = largestBuffer(device.limits);

  class OwnBackend extends Base {
    readonly precision = precision;
    readonly software = isSoftware(info);
    readonly unit = precision === "f16" ? matrixUnit(info, device.features) : undefined;
    readonly blocks = blocks;
    private recorder: Recorder | undefined;
    /** Ids of tensors from here on were made while recording. */
    private firstRecorded = 0;
    private readonly watched = new Map<GPUBuffer, (() => void)[]>();

    checkFaults(): void {
      faults.check();
    }

    during<T>(work: Promise<T>): Promise<T> {
      return faults.during(work);
    }

    endFaults(): void {
      faults.end();
    }

    trim(): void {
      const { bufferManager } = this;
      for (const list of bufferManager.freeBuffers.values())
        for (const buffer of list.splice(0)) {
          bufferManager.numFreeBuffers--;
          bufferManager.numBytesAllocated -= buffer.size;
          buffer.destroy();
        }
    }

    watch(buffer: GPUBuffer, lost: () => void): void {
      this.watched.set(buffer, [...(this.watched.get(buffer) ?? []), lost]);
    }

    override releaseResource(id: object): void {
      const buffer = this.tensorMap.get(id).resource;
      if (buffer) for (const lost of this.watched.get(buffer) ?? []) lost();
      if (buffer) this.watched.delete(buffer);
      super.releaseResource(id);
    }

    startRecording(): Recorder {
      this.firstRecorded = this.nextDataId();
      return (this.recorder = new Recorder());
    }

    endRecording(): void {
      this.recorder = undefined;
    }

    output(shape: readonly number[], dtype: "float32" | "int32" = "float32"): TensorInfo {
      const made = this.makeTensorInfo(shape, dtype);
      this.uploadToGPU(made.dataId);
      return made;
    }

    alias(tensor: TensorInfo, shape: readonly number[]): TensorInfo {
      this.incRef(tensor.dataId);
      return { dataId: tensor.dataId, shape: [...shape], dtype: tensor.dtype };
    }

    free(tensor: TensorInfo): void {
      this.disposeData(tensor.dataId);
    }

    /** A copy: the caller's array may change before the device takes it. */
    override write(...[values, shape, dtype]: Parameters<TfjsWebGpu["write"]>): object {
      return super.write(ArrayBuffer.isView(values) ? (values as Float32Array).slice() : values, shape, dtype);
    }

    override uploadToGPU(id: object): void {
      const data = this.tensorMap.get(id);
      if (data.resource) return;
      const bytes = 4 * data.shape.reduce((a, b) => a * b, 1);
      if (bytes > largest)
        throw new Error(
          `webgpu: a tensor of shape [${data.shape.join()}] takes ${bytes} bytes; this device binds at most ${largest}; make the batch or the model smaller`,
        );
      // A tensor from before that the device had not needed yet is no constant of the step.
      const recorder = (id as { id: number }).id < this.firstRecorded ? undefined : this.recorder;
      const contents = data.values && recorder ? bytesOf(data.values, data.dtype) : undefined;
      super.uploadToGPU(id);
      recorder?.made(this.bufferAt(id), contents);
    }

    bufferOf(tensor: TensorInfo): GPUBuffer {
      this.uploadToGPU(tensor.dataId);
      return this.bufferAt(tensor.dataId);
    }

    private bufferAt(id: object): GPUBuffer {
      const buffer = this.tensorMap.get(id).resource;
      if (!buffer) throw new Error("webgpu: a tensor without memory on the device");
      return buffer;
    }

    run(shader: Shader, { reads, writes, numbers, groups }: Dispatch): void {
      const uniform = typeof numbers === "function" ? () => packNumbers(shader, numbers()) : packNumbers(shader, numbers);
      const call = {
        name: shader.name,
        pipeline: pipelines.of(shader),
        uniform: shader.numbers.length > 0 ? uniform : undefined,
      };
      this.start({ ...call, groups }, [...reads, ...writes]);
    }

    /** tfjs's way to start its shaders: the output is bound first. */
    override recordAndSubmit(
      program: TfjsProgram,
      output: TensorInfo,
      inputs: readonly TensorInfo[],
      more?: readonly UniformPart[],
    ): void {
      const { pipeline, shaderKey, dispatch: groups, pixelsOpType } = program;
      if (pixelsOpType) throw new Error("webgpu: pictures of a page are not supported as tensors; decode them to numbers first");
      const uniform = tfjsUniforms(program, output, inputs, more);
      this.start({ name: shaderKey, pipeline, uniform, groups }, [output, ...inputs]);
    }

    private start(call: Call, tensors: readonly TensorInfo[]): void {
      const buffers = tensors.map((tensor) => this.bufferOf(tensor));
      this.recorder?.call(call, buffers);
      for (const { dataId } of tensors) this.commandQueueOwnedIds.add(dataId);
      const block = call.uniform && this.block(call.uniform);
      const entries = [...buffers, ...(block ? [block] : [])].map((buffer, binding) => ({ binding, resource: { buffer } }));
      const group = device.createBindGroup({ layout: call.pipeline.getBindGroupLayout(0), entries });
      this.ensureCommandEncoderReady();
      this.computePassEncoder ??= (this.commandEncoder as GPUCommandEncoder).beginComputePass();
      this.computePassEncoder.setPipeline(call.pipeline);
      this.computePassEncoder.setBindGroup(0, group);
      this.computePassEncoder.dispatchWorkgroups(...call.groups);
      if (++this.dispatchCountInPass >= batch) this.flush();
    }

    private block(uniform: Uniform): GPUBuffer {
      if (typeof uniform !== "function") return blocks.of(uniform);
      const contents = uniform();
      const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
      const buffer = this.bufferManager.acquireBuffer(contents.byteLength, usage);
      this.queue.writeBuffer(buffer, 0, contents as Uint8Array<ArrayBuffer>);
      this.uniformPendingDisposal.push(buffer);
      return buffer;
    }

    flush(): void {
      this.endComputePassEncoder();
      if (this.commandEncoder) this.submitQueue();
    }

    /** Never cached on the host: an optimizer changes variables where they lie. */
    override async read(id: object): Promise<Float32Array | Int32Array | Uint8Array> {
      this.recorder?.refuse("numbers are read from the device within the step");
      const { values, resource, dtype } = this.tensorMap.get(id);
      if (!resource) return values as Float32Array;
      const bytes = await faults.during(this.getBufferData(resource));
      faults.check();
      return numbersOf(bytes, dtype);
    }

    override readSync(id: object): Float32Array | Int32Array | Uint8Array {
      const { values, resource } = this.tensorMap.get(id);
      if (!resource && values) return values as Float32Array;
      throw new Error(
        "webgpu gives numbers later, when a step is over, so dataSync gives none: use `await tensor.data()`, or, in a node that looks at numbers within a step, a `reading` that yields them",
      );
    }

    override dispose(): void {
      blocks.clear();
      super.dispose();
    }
  }
  return new OwnBackend(device, info) as unknown as WebGpuBackend;
}

interface Call {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly uniform: Uniform | undefined;
  readonly groups: readonly [number, number, number];
}

/** The bits that a tensor's host values take on the device: four bytes each, whatever the type. */
function bytesOf(values: ArrayLike<number>, dtype: string): Uint8Array {
  return new Uint8Array((dtype === "float32" ? Float32Array.from(values) : Int32Array.from(values)).buffer);
}

function numbersOf(bytes: ArrayBuffer, dtype: string): Float32Array | Int32Array | Uint8Array {
  if (dtype === "int32") return new Int32Array(bytes);
  return dtype === "bool" ? Uint8Array.from(new Int32Array(bytes)) : new Float32Array(bytes);
}
