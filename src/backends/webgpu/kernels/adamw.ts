import type { AdamWSettings } from "../../../core/ops/adamw.js";
import type { TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../../shared/open-device.js";
import { sizeOf } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import { index, main, spreadOver } from "../shader.js";
import type { Shader } from "../shader.js";
import { fromSquareSums, squareParts, squareSums } from "./square-sums.js";
import { lanesFor } from "./sums-text.js";

/** The optimizer over all tensors, in place (core/ops/adamw.ts): the norm over all gradients first, then each tensor's update. */
export const adamwKernels: KernelTable = {
  AdamWStep({ inputs, attrs, backend }) {
    const { settings, count } = attrs as unknown as { settings: () => AdamWSettings; count: number };
    return step(inputs as Record<string, TensorInfo>, count, settings, backend as WebGpuBackend);
  },
};

function step(
  inputs: Readonly<Record<string, TensorInfo>>,
  count: number,
  settings: () => AdamWSettings,
  backend: WebGpuBackend,
): TensorInfo {
  const given = (letter: string, i: number): TensorInfo => {
    const info = inputs[`${letter}${i}`];
    if (!info) throw new Error(`AdamWStep: no input ${letter}${i} of ${count}`);
    return info;
  };
  const sizes = Array.from({ length: count }, (_, i) => sizeOf(given("p", i).shape));
  // The same for all tensors: one shader.
  const lanes = lanesFor(Math.max(0, ...sizes), backend);
  const parts = sizes.map((size) => squareParts(size, lanes));
  const all = parts.reduce((a, b) => a + b, 0);
  const [sums, norm] = [backend.output([Math.max(1, all)]), backend.output([])];
  let offset = 0;
  for (const [i, size] of sizes.entries()) {
    if (size === 0) continue;
    const own = parts[i] ?? 1;
    backend.run(squareSums(lanes), { reads: [given("g", i)], writes: [sums], numbers: [size, offset], groups: [own, 1, 1] });
    offset += own;
  }
  backend.run(normOf(lanes), { reads: [sums], writes: [norm], numbers: [all], groups: [1, 1, 1] });
  backend.free(sums);
  for (const [i, size] of sizes.entries()) {
    if (size === 0) continue;
    const average = inputs[`a${i}`];
    backend.run(update(average !== undefined), {
      reads: [given("g", i), norm],
      writes: [given("p", i), given("m", i), given("v", i), ...(average ? [average] : [])],
      numbers: () => [size, ...updateNumbers(settings())],
      groups: spreadOver(size),
    });
  }
  return norm;
}

/** Worked out in double precision here, for a power of beta loses digits in single. */
function updateNumbers(s: AdamWSettings): number[] {
  const rate = s.lr / (1 - s.beta1 ** s.step);
  const root = 1 / Math.sqrt(1 - s.beta2 ** s.step);
  const shares = [s.beta1, 1 - s.beta1, s.beta2, 1 - s.beta2, s.averageDecay, 1 - s.averageDecay];
  return [rate, root, 1 - s.lr * s.weightDecay, s.epsilon, s.clip, ...shares];
}

function normOf(lanes: number): Shader {
  return fromSquareSums(lanes, "norm", "norm", "norm[0] = sqrt(sum);");
}

function update(average: boolean): Shader {
  return {
    name: average ? "adamw_average" : "adamw",
    reads: ["g", "norm"],
    writes: ["p", "m", "v", ...(average ? ["a"] : [])],
    numbers: [
      "size", "rate: f32", "root: f32", "keep: f32", "epsilon: f32", "clip: f32",
      "beta1: f32", "rest1: f32", "beta2: f32", "rest2: f32", "decay: f32", "rest: f32",
    ], // prettier-ignore
    code: `${main} {
  let i = ${index};
  // The bits of a norm that is NaN or infinite: shaders may assume that numbers are finite.
  if (i >= u.size || (bitcast<u32>(norm[0]) & 0x7f800000u) == 0x7f800000u) { return; }
  let pull = g[i] * select(1.0, min(1.0, u.clip / (norm[0] + 1e-6)), u.clip > 0.0);
  let mean = u.beta1 * m[i] + u.rest1 * pull;
  let square = u.beta2 * v[i] + u.rest2 * pull * pull;
  m[i] = mean;
  v[i] = square;
  let next = u.keep * p[i] - u.rate * mean / (sqrt(square) * u.root + u.epsilon);
  p[i] = next;
  ${average ? "a[i] = u.decay * a[i] + u.rest * next;" : ""}
}`,
  };
}
