import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";

import { linear } from "../../core/ops/linear.js";
import { tf } from "../../core/tensor.js";
import type { KernelConfig, TensorInfo } from "../../core/tensor.js";
import { fused } from "../shared/call-backend.js";
import type { CallBackend, CallKernel, KernelAttrs, KernelInputs } from "../shared/call-backend.js";
import { callKernels } from "../shared/kernels/index.js";
import type { KernelTable } from "../shared/open-device.js";
import { allFloat, lastAxis, sizeOf } from "../shared/shapes.js";
import { ownBaseKernels } from "./base-kernels.js";
import type { CudaBackend } from "./cuda-backend.js";

type KernelFunc = KernelConfig["kernelFunc"];

/** x·Wᵀ + b with its gradient: activations and their pulls may be kept as bf16, the weights' pulls are float32. */
const linearKernels = fused(
  linear,
  (inputs, attrs, backend) => linearForward?.({ inputs, attrs, backend } as never) as TensorInfo | undefined,
  (inputs, attrs, backend) => {
    const { dy, x, weight, bias } = inputs as { dy: TensorInfo; x: TensorInfo; weight: TensorInfo; bias?: TensorInfo };
    if (attrs["activation"] !== "none" || !allFloat(dy, x, weight, bias)) return undefined;
    const [n = 0, k] = [weight.shape[0], lastAxis(x.shape)];
    const rows = sizeOf(x.shape) / Math.max(1, k);
    const [dx, dweight] = [backend.activation(x.shape), backend.output(weight.shape)];
    const dbias = bias ? backend.output(bias.shape) : undefined;
    const pull = backend.floats(dy);
    const half = Number(backend.bf16);
    backend.call("gemm")(dx.values, pull, backend.floats(weight), null, 1, rows, k, n, 0, 0, 0, 0, 0, half);
    if (rows === 0) backend.call("fill")(dweight.values, 0, dweight.values.length, 0);
    else backend.call("gemm")(dweight.values, pull, backend.floats(x), null, 1, n, k, rows, 1, 0, 0, 0, 0, half);
    if (dbias && rows === 0) backend.call("fill")(dbias.values, 0, n, 0);
    else if (dbias) backend.call("reduce")(dbias.values, pull, 0, 1, rows, n);
    return [dx.info, dweight.info, ...(dbias ? [dbias.info] : [])];
  },
);
const linearForward = callKernels.fused["Linear"];

/** Kernels of the backend: ours, and behind them and beside them tfjs's on the host. Its cpu backend must have been loaded. */
export function cudaKernels(cpu: MathBackendCPU): KernelTable {
  const table: Record<string, KernelFunc> = {};
  for (const { kernelName } of tf.getKernelsForBackend("cpu")) table[kernelName] = onHost(kernelName, cpu);
  for (const [name, run] of Object.entries({ ...callKernels.base, ...ownBaseKernels })) table[name] = withHost(name, run, cpu);
  return { ...table, ...callKernels.fused, ...linearKernels };
}

function withHost(name: string, run: CallKernel<TensorInfo | TensorInfo[]>, cpu: MathBackendCPU): KernelFunc {
  const host = onHost(name, cpu);
  return (call) => {
    const { inputs, attrs, backend } = call;
    return run(inputs as KernelInputs, (attrs ?? {}) as KernelAttrs, backend as unknown as CallBackend) ?? host(call);
  };
}

/** tfjs's cpu kernel on copies in host memory. */
function onHost(name: string, cpu: MathBackendCPU): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const gpu = backend as unknown as CudaBackend;
    gpu.fellBack(name);
    const made: TensorInfo[] = [];
    const down = (info: TensorInfo): TensorInfo => {
      const copy = cpu.makeTensorInfo(info.shape, info.dtype, gpu.readSync(info.dataId) as never);
      made.push(copy);
      return copy;
    };
    const list: unknown = inputs;
    const given = Array.isArray(list)
      ? (list as TensorInfo[]).map(down)
      : Object.fromEntries(Object.entries(list as Record<string, TensorInfo>).map(([key, info]) => [key, info && down(info)]));
    const results = [
      tf.getKernel(name, "cpu").kernelFunc({ inputs: given as never, attrs: attrs ?? {}, backend: cpu }),
    ].flat() as TensorInfo[];
    const up = results.map(({ dataId, shape, dtype }) => gpu.makeTensor(shape, dtype, cpu.readSync(dataId)));
    for (const { dataId } of [...results, ...made]) cpu.disposeData(dataId, true);
    return up.length === 1 ? (up[0] as TensorInfo) : up;
  };
}
