import { velocityLoss } from "../../../core/ops/velocity-loss.js";
import type { AdamWSettings } from "../../../core/ops/adamw.js";
import type { Draw } from "../../../core/ops/random.js";
import type { KernelConfig, TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../open-device.js";
import { fused } from "../call-backend.js";
import type { CallBackend, KernelInputs, Numbers } from "../call-backend.js";
import { allFloat, sameShape, sizeOf } from "../shapes.js";

/** The loss, random numbers and the optimizer. */
export const trainingKernels: KernelTable = {
  ...fused(
    velocityLoss,
    (inputs, _attrs, backend) => {
      const { prediction, target } = inputs as { prediction: TensorInfo; target: TensorInfo };
      if (!alike(prediction, target)) return undefined;
      const out = backend.output([]);
      backend.call("velocityLoss")(out.values, backend.floats(prediction), backend.floats(target), sizeOf(target.shape));
      return out.info;
    },
    (inputs, _attrs, backend) => {
      const { dy, prediction, target } = inputs as { dy: TensorInfo; prediction: TensorInfo; target: TensorInfo };
      if (!alike(prediction, target) || !allFloat(dy)) return undefined;
      const [a, b] = [backend.activation(target.shape), backend.activation(target.shape)];
      const given = [backend.f32(dy), backend.floats(prediction), backend.floats(target)];
      backend.call("velocityLossGrad")(a.values, b.values, ...given, sizeOf(target.shape));
      return [a.info, b.info];
    },
  ),
  PhiloxUniform: drawn("philoxUniform"),
  PhiloxNormal: drawn("philoxNormal"),
  AdamWStep: ({ inputs, attrs, backend }) =>
    adamw(inputs as KernelInputs, attrs as unknown as AdamWAttrs, backend as unknown as CallBackend),
};

type AdamWAttrs = { readonly settings: () => AdamWSettings; readonly count: number };

function alike(a: TensorInfo, b: TensorInfo): boolean {
  return allFloat(a, b) && sameShape(a.shape, b.shape) && sizeOf(a.shape) > 0;
}

function drawn(name: "philoxUniform" | "philoxNormal"): KernelConfig["kernelFunc"] {
  return ({ attrs, backend }) => {
    const { key, stream, step, shape } = attrs as unknown as Draw;
    const calls = backend as unknown as CallBackend;
    const out = calls.output(shape);
    calls.call(name)(out.values, ...key, stream, step, out.values.length);
    return out.info;
  };
}

/** The numbers in the order of cc/kern/adamw.h. */
const adamwNumbers = ["lr", "beta1", "beta2", "epsilon", "weightDecay", "step", "clip", "averageDecay"] as const;

/** One optimizer step over all tensors, in place; see core/ops/adamw.ts. */
function adamw(inputs: KernelInputs, { settings, count }: AdamWAttrs, backend: CallBackend): TensorInfo {
  const list = (letter: string): Numbers[] =>
    Array.from({ length: count }, (_, i) => {
      const info = inputs[`${letter}${i}`];
      if (!info) throw new Error(`AdamWStep: no input ${letter}${i} of ${count}`);
      return backend.f32(info);
    });
  const groups = ["p", "g", "m", "v", ...("a0" in inputs ? ["a"] : [])].map(list);
  for (const [i, parameter] of (groups[0] ?? []).entries())
    if (groups.some((group) => group[i]?.length !== parameter.length))
      throw new Error(`AdamWStep: the tensors of parameter ${i} differ in size; expected ${parameter.length} numbers each`);
  const norm = backend.output([]);
  // A call asks for its numbers in order, so the first works all of them out.
  let asked = settings();
  const numbers = adamwNumbers.map((name, i) => () => (i === 0 ? (asked = settings()) : asked)[name]);
  backend.call("adamw")(norm.values, ...groups, count, ...numbers);
  return norm.info;
}
