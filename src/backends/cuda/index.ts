import { defineBackend } from "../../core/define-backend.js";
import type { DeviceOptions, Probe } from "../../core/define-backend.js";
import { prepareTensors } from "../../core/prepare.js";
import { tf } from "../../core/tensor.js";
import { openDevice } from "../shared/open-device.js";
import type { CallRecording } from "../shared/recorder.js";
import { makeAllocator } from "./allocator.js";
import { makeBackend } from "./backend.js";
import type { CudaBackend } from "./cuda-backend.js";
import { cudaKernels } from "./kernels.js";
import { choicesFile, makeChoices } from "./choices.js";
import { makeCudnnAttention } from "./cudnn-attention.js";
import type { CudnnAttention } from "./cudnn-attention.js";
import { findCuda } from "./find-cuda.js";
import type { FoundCuda } from "./find-cuda.js";
import { openGpu } from "./gpu.js";
import type { Gpu } from "./gpu.js";
import { makeMultiply } from "./multiply.js";
import { recordStep } from "../shared/record-step.js";
import { compileProgram } from "./program.js";
import { makeStaging } from "./staging.js";
import { makeWorkbench } from "./workbench.js";

/** An NVIDIA GPU through its driver: kernels compiled at run time for the card at hand, products by cuBLASLt, steps as CUDA graphs. */
export const cudaBackend = defineBackend({
  id: "cuda",
  note: "an NVIDIA GPU through its driver, NVRTC, cuBLASLt and cuDNN (CUDA 12 or newer); no compiler is needed",
  precisions: ["fp32", "bf16"],
  probe,
  async open(options: DeviceOptions) {
    const found = await findCuda();
    if (typeof found === "string") throw new Error(`cuda: ${found}`);
    await prepareTensors();
    const { MathBackendCPU } = await import("@tensorflow/tfjs-backend-cpu");
    if (tf.findBackend("cuda")) tf.removeBackend("cuda");
    const gpu = openGpu(found.driver, found.compiler);
    const [memoryPool, staging] = [makeAllocator(gpu.driver), makeStaging(gpu)];
    const bf16 = options.precision === "bf16";
    const choices = makeChoices(gpu, choicesFile(gpu, found));
    const { multiply, text, close } = makeMultiply(gpu, found.cublasLt, memoryPool, choices);
    const attention = bf16 ? openAttention(found, gpu) : undefined;
    const means = { multiply, attention, choices };
    const workbench = makeWorkbench(gpu, memoryPool, staging, means);
    tf.registerBackend("cuda", () => makeBackend({ gpu, memoryPool, staging, workbench, means, bf16 }), 0);
    const cpu = new MathBackendCPU();
    Reflect.set(cpu, "firstUse", false);
    const device = await openDevice({ name: "cuda", info: "", kernels: cudaKernels(cpu), precisions: ["fp32", "bf16"] }, options);
    const backend = tf.backend() as unknown as CudaBackend;
    let told = 0;
    return {
      ...device,
      info: `cuda: ${gpu.name} (${gpu.architecture}), ${options.precision}, ${text}${attention ? ", cuDNN" : ""}`,
      sync: () => gpu.wait(),
      record: (trace, inputs) => recordStep(backend, trace, inputs),
      // Recordings come from `record` alone, so they are this backend's own.
      compile: (first, second) => compileProgram(backend, first as CallRecording, second as CallRecording),
      remarks() {
        const fresh = [...backend.onHost].slice(told);
        told += fresh.length;
        const onHost = fresh.map(
          (kernel) => `cuda: the kernel ${kernel} runs on the host, on copies, for some of its shapes or types`,
        );
        return [...onHost, ...(attention?.remarks() ?? [])];
      },
      close: () => {
        gpu.sync();
        attention?.close();
        close();
        tf.removeBackend("cuda");
        return device.close();
      },
    };
  },
});

/** cuDNN's attention where it is at hand; RAEGRAPH_CUDA_ATTENTION=own leaves it out, =cudnn takes it without timing ours. */
function openAttention({ ffi, cudnn }: FoundCuda, { stream }: Gpu): CudnnAttention | undefined {
  const wish = process.env["RAEGRAPH_CUDA_ATTENTION"] ?? "";
  if (!["", "own", "cudnn"].includes(wish))
    throw new Error(`cuda: RAEGRAPH_CUDA_ATTENTION is "${wish}"; expected own, cudnn, or nothing (the faster of both)`);
  if (!cudnn || wish === "own") return undefined;
  return makeCudnnAttention(ffi, cudnn.library, cudnn.version, { stream }, wish === "cudnn");
}

async function probe(): Promise<Probe> {
  const found = await findCuda();
  if (typeof found === "string") return { available: false, reason: found };
  return { available: true, reason: found.text };
}
