import type { Program } from "../../core/define-backend.js";
import type { HostArray } from "../../core/tensor.js";
import { differenceOf } from "../shared/compare-recordings.js";
import type { CallRecording } from "../shared/recorder.js";
import type { Block } from "./allocator.js";
import type { CudaBackend } from "./cuda-backend.js";
import { captureGraph } from "./graph.js";

/** Makes a program of two recordings, a CUDA graph, or says why there is none. */
export function compileProgram(backend: CudaBackend, first: CallRecording, second: CallRecording): Program | string {
  const refused = first.recorder.refused ?? second.recorder.refused ?? differenceOf(first, second);
  if (refused !== undefined) return refused;
  // What the steps took one by one, the graph's own memory replaces.
  backend.gpu.sync();
  backend.memoryPool.trim();
  const graph = captureGraph(backend, second);
  let lost = false;
  for (const block of graph.outside) backend.watch(block, () => (lost = true));
  return {
    info: `${second.recorder.calls.length} calls, ${(graph.bytes / 1e6).toFixed(1)} MB`,
    async replay(inputs) {
      if (lost) throw new Error("cuda: this program's weights are no longer in memory; record the step again");
      second.inputs.forEach(({ length }, i) => graph.input(i).set(dataOf(inputs, i, length)));
      graph.launch();
      // What the graph changes without writing its bf16 copy along.
      for (const [block, copy] of graph.written) if (block.copy !== copy) backend.refresh(block);
      await backend.gpu.wait();
      backend.checkFault(graph.fault());
      return second.results.map(({ shape, dtype }, i) => hostArray(graph.result(i), shape, dtype));
    },
    kernelSeconds: () => graph.seconds(),
    async readState() {
      const blocks: Uint8Array[] = [];
      for (const { address, bytes } of graph.outside) blocks.push(await backend.staging.download(address, bytes));
      return blocks;
    },
    async writeState(blocks) {
      graph.outside.forEach(({ address, bytes }: Block, i) =>
        backend.staging.upload(address, (blocks[i] ?? new Uint8Array()).subarray(0, bytes)),
      );
      await backend.gpu.wait();
    },
  };
}

/** The bytes of an input. */
function dataOf(inputs: readonly HostArray[], i: number, length: number): Uint8Array {
  const data = inputs[i]?.data;
  if (data?.length !== length)
    throw new Error(`cuda: input ${i} of the program has ${data?.length ?? 0} numbers; expected ${length}`);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function hostArray(bytes: Uint8Array, shape: readonly number[], dtype: string): HostArray {
  const { buffer } = bytes.slice();
  return dtype === "int32"
    ? { dtype: "i32", shape, data: new Int32Array(buffer) }
    : { dtype: "f32", shape, data: new Float32Array(buffer) };
}
