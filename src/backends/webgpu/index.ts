import { defineBackend } from "../../core/define-backend.js";
import { prepareTensors } from "../../core/prepare.js";
import { tf } from "../../core/tensor.js";
import type { KernelConfig } from "../../core/tensor.js";
import { openDevice } from "../shared/open-device.js";
import type { KernelTable } from "../shared/open-device.js";
import { makeBackend } from "./backend.js";
import type { WebGpuBackend } from "./backend.js";
import { findGpu } from "./find-gpu.js";
import { webgpuKernels } from "./kernels/index.js";
import { adapterName, adapterText, chooseAdapter, guaranteedBytes, largestBuffer, openGpu } from "./open-gpu.js";
import { compileProgram, recordStep } from "./program.js";
import type { WebGpuRecording } from "./recorder.js";
import type { TfjsWebGpuClass } from "./tfjs-backend.js";

let kernels: KernelTable | undefined;
const stockKernels = new Map<string, KernelConfig["kernelFunc"]>();

/** tfjs's own kernel of this name, once the backend was opened: what ours fall back on and are measured against. */
export function stockKernel(name: string): KernelConfig["kernelFunc"] {
  const kernel = stockKernels.get(name) ?? tf.getKernel(name, "webgpu").kernelFunc;
  stockKernels.set(name, kernel);
  return kernel;
}

/** tfjs's shaders and our fused ones on a GPU through WebGPU: the page's own, or Dawn's in Node. */
export const webgpuBackend = defineBackend({
  id: "webgpu",
  note: "shaders through WebGPU: Dawn (npm package webgpu) in Node, the browser's own in a page",
  precisions: ["fp32", "f16"],
  async probe() {
    const found = await findGpu();
    if (typeof found === "string") return { available: false, reason: found };
    try {
      const adapter = await chooseAdapter(found.gpu);
      return adapter ? { available: true, reason: adapterText(adapter) } : { available: false, reason: noAdapter };
    } finally {
      found.release();
    }
  },
  async limits() {
    const found = await findGpu();
    if (typeof found === "string") return { tensorBytes: guaranteedBytes, of: `WebGPU's guaranteed minimum; ${found}` };
    try {
      const adapter = await chooseAdapter(found.gpu);
      if (!adapter) return { tensorBytes: guaranteedBytes, of: "WebGPU's guaranteed minimum; no adapter is at hand" };
      return { tensorBytes: largestBuffer(adapter.limits), of: adapterName(adapter) };
    } finally {
      found.release();
    }
  },
  async open(options) {
    const found = await findGpu(options.precision === "f16");
    if (typeof found === "string") throw new Error(found);
    const adapter = await chooseAdapter(found.gpu);
    if (!adapter) {
      found.release();
      throw new Error(noAdapter);
    }
    if (options.precision === "f16" && !adapter.features.has("shader-f16")) {
      found.release();
      throw new Error(`webgpu: ${adapterText(adapter)} has no half floats (shader-f16); run with --precision fp32`);
    }
    const text = adapterText(adapter);
    const device = await openGpu(adapter);
    await prepareTensors();
    const library = await import("@tensorflow/tfjs-backend-webgpu");
    // Small tensors would be computed on the processor, out of sight of a recording.
    tf.env().set("WEBGPU_CPU_FORWARD", false);
    // The library registers its own, with a device of its own.
    if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
    const Base = library.WebGPUBackend as unknown as TfjsWebGpuClass;
    tf.registerBackend("webgpu", () => makeBackend(Base, device, adapter.info, options.precision));
    // Looks tfjs's own kernels up before they are replaced.
    kernels ??= webgpuKernels(stockKernel);
    const opened = await openDevice({ name: "webgpu", info: `webgpu: ${text}`, kernels, precisions: ["fp32", "f16"] }, options);
    const backend = tf.backend() as WebGpuBackend;
    return {
      ...opened,
      record: (trace, inputs) => recordStep(backend, trace, inputs),
      // Recordings come from `record` alone, so they are this backend's own.
      compile: (first, second) => compileProgram(backend, first as WebGpuRecording, second as WebGpuRecording),
      async sync() {
        backend.flush();
        await backend.during(device.queue.onSubmittedWorkDone());
        backend.checkFaults();
      },
      async close() {
        if (tf.findBackend("webgpu") === backend) tf.removeBackend("webgpu");
        backend.endFaults();
        device.destroy();
        found.release();
        await opened.close();
      },
    };
  },
});

const inNode =
  "WebGPU finds no adapter; in Node, install the GPU's driver and the Vulkan loader (Debian: libvulkan1), or run on the processor with Debian's chromium and VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json";
const inPage =
  "this browser finds no graphics processor that it may use; switch hardware acceleration on in its settings, or take another browser";
const noAdapter = typeof process !== "undefined" && process.versions?.node ? inNode : inPage;
