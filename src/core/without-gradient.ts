import { tf } from "./tensor.js";

/** Runs ops beside the gradient tape: what they give is a constant to all that is computed from it. */
export function withoutGradient<T>(run: () => T): T {
  // tfjs notes no op that runs within another one; its types hide the count.
  const { state } = tf.engine() as unknown as { readonly state: { kernelDepth: number } };
  state.kernelDepth++;
  try {
    return run();
  } finally {
    state.kernelDepth--;
  }
}
