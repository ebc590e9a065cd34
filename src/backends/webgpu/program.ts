import type { Program, Trace } from "../../core/define-backend.js";
import { tf } from "../../core/tensor.js";
import type { HostArray, Tensor } from "../../core/tensor.js";
import type { WebGpuBackend } from "./backend.js";
import { differenceOf } from "./compare-recordings.js";
import { layOut } from "./program-memory.js";
import type { Place, Recorder, WebGpuRecording } from "./recorder.js";
import { makeStaging } from "./staging.js";
import { uniformBuffer } from "./uniform-blocks.js";

/** Runs a step and notes its dispatches and the memory of each. */
export function recordStep(backend: WebGpuBackend, trace: Trace, inputs: readonly HostArray[]): WebGpuRecording {
  const recorder = backend.startRecording();
  try {
    const places: Place[] = [];
    const outputs = tf.tidy(() => {
      const tensors = inputs.map(({ data, shape, dtype }) => tf.tensor(data, [...shape], dtype === "f32" ? "float32" : "int32"));
      for (const tensor of tensors) {
        const place = placeOf(backend, recorder, tensor);
        place.piece.kind = "input";
        places.push(place);
      }
      return [...trace(tensors)];
    });
    const results = outputs.map((tensor) => {
      const place = placeOf(backend, recorder, tensor);
      if (place.piece.kind === "inner") place.piece.kind = "output";
      if (tensor.dtype !== "float32" && tensor.dtype !== "int32") recorder.refuse(`a result is of type ${tensor.dtype}`);
      return place;
    });
    return { recorder, inputs: places, outputs, results };
  } finally {
    backend.endRecording();
  }
}

function placeOf(backend: WebGpuBackend, recorder: Recorder, tensor: Tensor): Place {
  return { piece: recorder.piece(backend.bufferOf(tensor)), shape: tensor.shape, dtype: tensor.dtype };
}

/**
 * Makes a program of two recordings, or says why there is none: pipelines, bind groups and memory are prepared, so that a replay only
 * encodes one pass, and the host waits once, for the results.
 */
export function compileProgram(backend: WebGpuBackend, first: WebGpuRecording, second: WebGpuRecording): Program | string {
  const refused = first.recorder.refused ?? second.recorder.refused ?? differenceOf(first, second);
  if (refused !== undefined) return refused;
  backend.flush();
  // What the steps took one by one, the program's own memory replaces.
  backend.trim();
  const { device } = backend;
  const memory = layOut(device, second);
  const asked: { readonly buffer: GPUBuffer; readonly value: () => Uint8Array }[] = [];
  const calls = second.recorder.calls.map(({ pipeline, pieces, uniform, groups }) => {
    const buffers = pieces.map((piece) => memory.of(piece));
    if (typeof uniform === "function") {
      const buffer = uniformBuffer(device, uniform().byteLength);
      asked.push({ buffer, value: uniform });
      buffers.push(buffer);
    } else if (uniform) buffers.push(backend.blocks.of(uniform));
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    return { pipeline, groups, group: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }) };
  });
  const results = second.results.map((place) => ({ ...place, buffer: memory.of(place.piece) }));
  const staging = makeStaging(device, results);
  let lost = false;
  for (const buffer of memory.outside) backend.watch(buffer, () => (lost = true));
  return {
    info: `${calls.length} dispatches, ${(memory.bytes / 1e6).toFixed(1)} MB`,
    async replay(inputs) {
      if (lost) throw new Error("webgpu: this program's weights are no longer in memory; record the step again");
      backend.flush();
      second.inputs.forEach((place, i) => device.queue.writeBuffer(memory.of(place.piece), 0, dataOf(inputs, i, place)));
      for (const { buffer, value } of asked) device.queue.writeBuffer(buffer, 0, value() as Uint8Array<ArrayBuffer>);
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      let set: GPUComputePipeline | undefined;
      for (const { pipeline, group, groups } of calls) {
        if (pipeline !== set) pass.setPipeline((set = pipeline));
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(groups[0], groups[1], groups[2]);
      }
      pass.end();
      staging.copy(encoder);
      device.queue.submit([encoder.finish()]);
      const arrays = await backend.during(staging.read());
      backend.checkFaults();
      return arrays;
    },
    async readState() {
      backend.flush();
      const blocks: Uint8Array[] = [];
      for (const buffer of memory.outside) blocks.push(new Uint8Array(await backend.during(backend.getBufferData(buffer))));
      return blocks;
    },
    writeState(blocks) {
      backend.flush();
      memory.outside.forEach((buffer, i) => device.queue.writeBuffer(buffer, 0, blocks[i] as Uint8Array<ArrayBuffer>));
      return Promise.resolve();
    },
  };
}

function dataOf(inputs: readonly HostArray[], i: number, { shape }: Place): Float32Array<ArrayBuffer> {
  const data = inputs[i]?.data;
  const length = shape.reduce((a, b) => a * b, 1);
  if (data?.length !== length)
    throw new Error(`webgpu: input ${i} of the program has ${data?.length ?? 0} numbers; expected ${length}`);
  // The bits of whole numbers too are only copied.
  return new Float32Array(data.buffer as ArrayBuffer, data.byteOffset, data.length);
}
