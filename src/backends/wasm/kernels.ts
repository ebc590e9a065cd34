import type { AdamWSettings } from "../../core/ops/adamw.js";
import { philoxNormal, philoxUniform } from "../../core/philox.js";
import type { Draw } from "../../core/ops/random.js";
import { tf } from "../../core/tensor.js";
import type { KernelConfig, TensorInfo } from "../../core/tensor.js";
import { adamwOnHost } from "../shared/host-adamw.js";
import type { KernelTable } from "../shared/open-device.js";
import { convFilterGradient } from "./conv-filter-gradient.js";
import { forgetPacked } from "./wasm-backend.js";
import type { WasmBackend } from "./wasm-backend.js";

type Kernel = (
  inputs: Readonly<Record<string, TensorInfo>>,
  attrs: Readonly<Record<string, unknown>>,
  backend: WasmBackend,
) => TensorInfo;

/** tfjs types a kernel's arguments for all backends at once; on `wasm` they are these. */
function kernel(run: Kernel): KernelConfig["kernelFunc"] {
  return ({ inputs, attrs, backend }) =>
    run(
      inputs as Readonly<Record<string, TensorInfo>>,
      (attrs ?? {}) as Readonly<Record<string, unknown>>,
      backend as WasmBackend,
    );
}

/** Kernels that tfjs's WebAssembly backend lacks for training, and those of ops that would cost it a pass per number. */
export const wasmKernels: KernelTable = {
  UnsortedSegmentSum: kernel((inputs, attrs, backend) => {
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
    const segments = attrs["numSegments"] as number;
    const out = backend.makeOutput([segments, ...x.shape.slice(1)], "float32");
    const sums = backend.typedArrayFromHeap(out).fill(0);
    const values = backend.typedArrayFromHeap(x);
    const ids = backend.typedArrayFromHeap(segmentIds);
    const width = values.length / ids.length;
    ids.forEach((id, row) => {
      if (id < 0 || id >= segments) return;
      for (let i = 0; i < width; i++) sums[id * width + i] = (sums[id * width + i] ?? 0) + (values[row * width + i] ?? 0);
    });
    return out;
  }),

  Conv2DBackpropFilter: kernel((inputs, attrs, backend) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const filterShape = attrs["filterShape"] as [number, number, number, number];
    const out = backend.makeOutput(filterShape, "float32");
    const info = tf.backend_util.computeConv2DInfo(
      x.shape as [number, number, number, number],
      filterShape,
      attrs["strides"] as [number, number],
      1,
      attrs["pad"] as "valid" | "same" | number,
      attrs["dimRoundingMode"] as "floor" | undefined,
    );
    convFilterGradient(
      info,
      backend.typedArrayFromHeap(x) as Float32Array,
      backend.typedArrayFromHeap(dy) as Float32Array,
      backend.typedArrayFromHeap(out) as Float32Array,
    );
    return out;
  }),

  AdamWStep: kernel((inputs, attrs, backend) => {
    const { settings, count } = attrs as { settings: () => AdamWSettings; count: number };
    const out = backend.makeOutput([], "float32");
    const array = (name: string): Float32Array => backend.typedArrayFromHeap(inputs[name] as TensorInfo) as Float32Array;
    const list = Array.from({ length: count }, (_, i) => ({
      p: array(`p${i}`),
      g: array(`g${i}`),
      m: array(`m${i}`),
      v: array(`v${i}`),
      a: `a${i}` in inputs ? array(`a${i}`) : undefined,
    }));
    backend.typedArrayFromHeap(out)[0] = adamwOnHost(list, settings());
    for (const [name, info] of Object.entries(inputs)) if (!name.startsWith("g")) forgetPacked(backend, info);
    return out;
  }),

  PhiloxUniform: random(philoxUniform),
  PhiloxNormal: random(philoxNormal),
};

function random(numbers: typeof philoxUniform): KernelConfig["kernelFunc"] {
  return kernel((_inputs, attrs, backend) => {
    const { key, stream, step, shape } = attrs as unknown as Draw;
    const out = backend.makeOutput(shape, "float32");
    const heap = backend.typedArrayFromHeap(out);
    heap.set(numbers(key, stream, step(), heap.length));
    return out;
  });
}
