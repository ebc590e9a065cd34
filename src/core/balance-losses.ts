import { openTape, pullBack, reachedFrom } from "./backward.js";
import type { TapeNode } from "./backward.js";
import type { TapingEngine } from "./define-op.js";
import { tf } from "./tensor.js";
import type { Tensor, Variable } from "./tensor.js";
import { withoutGradient } from "./without-gradient.js";

export interface Balance {
  /** loss + weight · ratio · other, a scalar of the tape. */
  readonly value: Tensor;
  /** λ, a constant. */
  readonly ratio: Tensor;
}

/**
 * Adds a loss to another so that both pull at one layer with comparable force (VQGAN, arXiv 2012.09841): loss + weight·λ·other with
 * λ = ‖∂loss/∂w‖ / (‖∂other/∂w‖ + 1e-6), at most `most`, w the layer's weights. λ is a constant: no gradient flows through it.
 *
 * Both losses are walked back only to the first op that uses w. What arrives there is weighted and is the gradient of the sum, so the walk
 * back from the sum goes on from that op: neither loss is differentiated twice. Throws outside a tape, and where w has no part in `loss`.
 */
export function balanceLosses(
  loss: Tensor,
  other: Tensor,
  layer: Variable,
  trained: readonly Variable[],
  { weight, most }: { readonly weight: number; readonly most: number },
): Balance {
  const tape = openTape();
  if (!tape)
    throw new Error(
      "the balance of two losses is made of their gradients, and nothing trains here; use it in a phase that trains",
    );
  const first = tape.findIndex((node) => Object.values(node.inputs).some(({ id }) => id === layer.id));
  const behind = first < 0 ? [] : tape.slice(first);
  const reached = reachedFrom(trained, tape);
  const pullsOf = (scalar: Tensor): Map<number, Tensor> => {
    const pulls = new Map<number, Tensor>();
    if (reached.has(scalar.id)) pulls.set(scalar.id, tf.ones(scalar.shape));
    for (const node of [...behind].reverse()) pullBack(node, reached, pulls);
    return pulls;
  };
  const { ratio, share, met } = withoutGradient(() => {
    const [ours, theirs] = [pullsOf(loss), pullsOf(other)];
    const own = ours.get(layer.id);
    if (!own) throw new Error("the layer at which the losses are balanced has no part in the first of them");
    const ratio = tf.minimum(tf.div(norm(own), tf.add(norm(theirs.get(layer.id)), 1e-6)), most);
    const share = tf.mul(ratio, weight);
    const met = new Map<number, Tensor>(ours);
    for (const [id, pull] of theirs) {
      const weighted = tf.mul(pull, share);
      const known = met.get(id);
      met.set(id, known ? tf.add(known, weighted) : weighted);
    }
    return { ratio, share, met };
  });
  return { ratio, value: joined(behind, met, () => tf.add(loss, tf.mul(other, share))) };
}

function norm(pull: Tensor | undefined): Tensor {
  return pull ? tf.sqrt(tf.sum(tf.square(pull))) : tf.scalar(0);
}

/** A scalar whose gradients by the inputs of these ops are already known, by id. */
function joined(behind: readonly TapeNode[], gradients: ReadonlyMap<number, Tensor>, value: () => Tensor): Tensor {
  const inputs: Record<string, Tensor> = {};
  for (const node of behind)
    for (const input of Object.values(node.inputs)) if (gradients.has(input.id)) inputs[`x${input.id}`] = input;
  const ids = Object.keys(inputs);
  const engine = tf.engine() as unknown as TapingEngine;
  return engine.runKernelFunc({
    forwardFunc(_backend, save) {
      save(ids.map((id) => gradients.get(Number(id.slice(1))) as Tensor));
      return value();
    },
    backwardsFunc: (dy, saved) => Object.fromEntries(ids.map((id, i) => [id, () => tf.mul(saved[i] as Tensor, dy)])),
    inputs,
  });
}
