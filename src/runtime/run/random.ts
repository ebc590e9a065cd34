import type { Random, StepContext } from "../../core/define-node.js";
import { randomNormal, randomUniform } from "../../core/ops/random.js";
import type { PerStep } from "../../core/per-step.js";
import { philoxKey, streamId } from "../../core/philox.js";

/** What a device node may know in a step; its random numbers are keyed by (seed, node, stream, step). */
export function stepContext(seed: number, node: string, step: PerStep, training: boolean): StepContext {
  const key = philoxKey(seed, node);
  const random: Random = {
    normal: (shape, stream = "") => randomNormal({ key, stream: streamId(`normal/${stream}`), step, shape }),
    uniform: (shape, stream = "") => randomUniform({ key, stream: streamId(`uniform/${stream}`), step, shape }),
  };
  return { training, random };
}
