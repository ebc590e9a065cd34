import { velocityLoss } from "../../../core/ops/velocity-loss.js";
import type { TensorInfo } from "../../../core/tensor.js";
import { fusedKernels } from "../../shared/fused.js";
import type { KernelTable } from "../../shared/open-device.js";
import { allFloat, sameShape, sizeOf } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import { index, main, mainOf, spreadOver } from "../shader.js";
import type { Shader } from "../shader.js";
import { lanesFor, sumText } from "./sums-text.js";

type Inputs = { dy?: TensorInfo; prediction: TensorInfo; target: TensorInfo };

/** Most workgroups of the first of the two sums. */
const mostParts = 64;

/** The flow-matching loss in two sums of fixed order, and its two gradients at once. */
export const lossKernels: KernelTable = fusedKernels<WebGpuBackend>(
  velocityLoss,
  (inputs, _attrs, backend) => {
    const { prediction, target } = inputs as Inputs;
    if (!alike(prediction, target)) return undefined;
    const size = sizeOf(target.shape);
    const lanes = lanesFor(size, backend);
    const parts = Math.min(mostParts, Math.ceil(size / lanes / 4));
    const [sums, out] = [backend.output([parts]), backend.output([])];
    backend.run(squaredSums(lanes), { reads: [prediction, target], writes: [sums], numbers: [size], groups: [parts, 1, 1] });
    backend.run(scaledTotal(lanes), { reads: [sums], writes: [out], numbers: [parts, 1 / size], groups: [1, 1, 1] });
    backend.free(sums);
    return out;
  },
  (inputs, _attrs, backend) => {
    const { dy, prediction, target } = inputs as Inputs;
    if (!dy || !allFloat(dy) || !alike(prediction, target)) return undefined;
    const size = sizeOf(target.shape);
    const made = [backend.output(target.shape), backend.output(target.shape)];
    const reads = [dy, prediction, target];
    backend.run(lossGrad, { reads, writes: made, numbers: [size, 2 / size], groups: spreadOver(size) });
    return made;
  },
);

function alike(a: TensorInfo, b: TensorInfo): boolean {
  return allFloat(a, b) && sameShape(a.shape, b.shape) && sizeOf(a.shape) > 0;
}

function squaredSums(lanes: number): Shader {
  return {
    name: `squared_difference_sums_${lanes}`,
    reads: ["a", "b"],
    writes: ["sums"],
    numbers: ["size"],
    code: `${sumText(lanes)}
${mainOf(lanes)} {
  var part = 0.0;
  for (var i = group.x * ${lanes}u + lane; i < u.size; i += groups.x * ${lanes}u) {
    let d = a[i] - b[i];
    part += d * d;
  }
  let sum = total(lane, part);
  if (lane == 0u) { sums[group.x] = sum; }
}`,
  };
}

function scaledTotal(lanes: number): Shader {
  return {
    name: `scaled_total_${lanes}`,
    reads: ["sums"],
    writes: ["y"],
    numbers: ["count", "factor: f32"],
    code: `${sumText(lanes)}
${mainOf(lanes)} {
  var part = 0.0;
  for (var i = lane; i < u.count; i += ${lanes}u) { part += sums[i]; }
  let sum = total(lane, part);
  if (lane == 0u) { y[0] = sum * u.factor; }
}`,
  };
}

const lossGrad: Shader = {
  name: "velocity_loss_grad",
  reads: ["dy", "a", "b"],
  writes: ["da", "db"],
  numbers: ["size", "factor: f32"],
  code: `${main} {
  let i = ${index};
  if (i >= u.size) { return; }
  let pull = (a[i] - b[i]) * dy[0] * u.factor;
  da[i] = pull;
  db[i] = -pull;
}`,
};
