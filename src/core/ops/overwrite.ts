import { hasKernel, runKernel } from "../define-op.js";
import { tf } from "../tensor.js";
import type { Tensor, Variable } from "../tensor.js";

/** A first moment that forgets at once is the gradient itself. */
const settings = { lr: 0, beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, step: 1, clip: 0, averageDecay: 0 };

/**
 * Gives a variable the numbers of a tensor of its shape, in its own memory where the backend trains in place, so that a recorded step does so
 * too: a step of AdamW at rate zero, whose moment the variable is.
 */
export function overwrite(variable: Variable, value: Tensor): void {
  if (variable.shape.join() !== value.shape.join())
    throw new Error(`overwrite: expected [${variable.shape.join()}], got [${value.shape.join()}]`);
  tf.tidy(() => {
    if (!hasKernel("AdamWStep")) return variable.assign(value.clone());
    const [p0, v0] = [tf.zeros(value.shape), tf.zeros(value.shape)];
    runKernel<Tensor>("AdamWStep", { p0, g0: value, m0: variable, v0 }, { settings: () => settings, count: 1 });
  });
}
