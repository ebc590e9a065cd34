import { differentiate } from "../../src/core/backward.js";
import type { NodeDef } from "../../src/core/define-node.js";
import { velocityLoss } from "../../src/core/ops/velocity-loss.js";
import { tf } from "../../src/core/tensor.js";
import type { HostArray, Tensor, Variable } from "../../src/core/tensor.js";
import { createModel } from "../../src/runtime/run/live-model.js";
import { stepContext } from "../../src/runtime/run/random.js";
import { upload } from "../../src/runtime/run/transfer.js";

/** What one forward and backward pass of a velocity model gave. */
export interface Pass {
  readonly velocity: ArrayLike<number>;
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, ArrayLike<number>>;
  /** Names of all its weights. */
  readonly names: readonly string[];
}

export interface PassInputs {
  readonly x: HostArray;
  readonly t: HostArray;
  readonly label: HostArray;
  /** The velocity that the loss compares with; without it only the forward pass runs. */
  readonly target?: HostArray;
}

/** Runs a velocity model in evaluation mode on the open backend. */
export async function differentiateModel(
  def: NodeDef,
  given: Readonly<Record<string, unknown>>,
  weights: ReadonlyMap<string, HostArray>,
  inputs: PassInputs,
): Promise<Pass> {
  if (def.kind !== "model") throw new Error("not a model");
  const params = def.params.parse(given);
  const dims = { B: inputs.x.shape[0] ?? 0, ...(def.dims?.(params, {}) as Record<string, number>) };
  const node = { name: "net", def, params, inputs: {}, dims, at: { file: "", start: 0, end: 0 } };
  const live = createModel(node, 0, weights);
  const trainable = live.specs.filter((spec) => spec.trainable);
  const tensors = { x: upload(inputs.x), t: upload(inputs.t), label: upload(inputs.label) };
  const context = stepContext(0, "net", () => 0, false);
  const target = upload(inputs.target ?? inputs.x);
  const kept: Tensor[] = [];
  const forward = (): Tensor => {
    const { velocity } = def.apply(live.weights, tensors, params, context);
    if (!velocity) throw new Error("no velocity");
    kept.push(tf.keep(velocity.clone()));
    return velocityLoss({ prediction: velocity, target }, {});
  };
  const { value, gradients } = inputs.target
    ? differentiate(
        forward,
        trainable.map((spec) => live.weights(spec.name) as Variable),
      )
    : { value: tf.tidy(forward), gradients: [] };
  const pass = {
    velocity: (await kept[0]?.data()) ?? [],
    loss: (await value.data())[0] ?? NaN,
    gradients: new Map(
      await Promise.all(
        gradients.map(async (g, i): Promise<[string, ArrayLike<number>]> => [trainable[i]?.name ?? "", (await g?.data()) ?? []]),
      ),
    ),
    names: live.specs.map((spec) => spec.name),
  };
  for (const tensor of [...kept, value, ...gradients, ...Object.values(tensors), target, ...live.variables.values()])
    tensor?.dispose();
  return pass;
}
