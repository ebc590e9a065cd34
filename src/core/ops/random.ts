import { hasKernel, runKernel } from "../define-op.js";
import { philoxNormal, philoxUniform } from "../philox.js";
import type { PerStep } from "../per-step.js";
import type { PhiloxKey } from "../philox.js";
import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";

/** Which numbers of the counter-based generator: see `philox.ts`. */
export interface Draw {
  readonly key: PhiloxKey;
  readonly stream: number;
  readonly step: PerStep;
  readonly shape: readonly number[];
}

/** Standard normal numbers, f32. Kernel `PhiloxNormal`: no inputs, attributes as `Draw`. */
export function randomNormal(draw: Draw): Tensor {
  return random("PhiloxNormal", philoxNormal, draw);
}

/** Uniform numbers in (0,1), f32. Kernel `PhiloxUniform`: no inputs, attributes as `Draw`. */
export function randomUniform(draw: Draw): Tensor {
  return random("PhiloxUniform", philoxUniform, draw);
}

/** A backend without the kernel gets the same numbers from the host. */
function random(kernel: string, onHost: typeof philoxUniform, draw: Draw): Tensor {
  if (hasKernel(kernel)) return runKernel<Tensor>(kernel, {}, { ...draw });
  const size = draw.shape.reduce((a, b) => a * b, 1);
  return tf.tensor(onHost(draw.key, draw.stream, draw.step(), size), [...draw.shape], "float32");
}
