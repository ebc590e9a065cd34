import type { Model, NodeDef } from "../../../src/core/define-node.js";
import { tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { referenceBackend } from "../../../src/backends/reference/index.js";
import { prepareTensors } from "../../../src/core/prepare.js";
import { stepContext } from "../../../src/runtime/run/random.js";

/** A model of latents `[1,1,1]` given as a function of x, one time for all, and the labels. */
export function modelOf(velocity: (x: Tensor, t: number, label: Tensor) => Tensor): Model {
  return {
    latent: [1, 1, 1],
    nullLabel: 9,
    velocity: (x, t, label) => velocity(x, t.dataSync()[0] ?? NaN, label),
  };
}

/** Final numbers of a sampler node for latents `[B,1,1,1]` that start from `noise`; inputs and params as in a graph. */
export async function sampleWith(
  def: NodeDef,
  model: Model,
  noise: readonly number[],
  params: Readonly<Record<string, unknown>> = {},
  more: { readonly guide?: Model; readonly stepNoise?: readonly number[]; readonly label?: number } = {},
): Promise<number[]> {
  await prepareTensors();
  await referenceBackend.open({ precision: "fp32" });
  if (def.kind !== "map") throw new Error("samplers are maps");
  const B = noise.length;
  return tf.tidy(() => {
    const inputs: Record<string, unknown> = {
      model,
      label: tf.fill([B], more.label ?? 0, "int32"),
      noise: tf.tensor4d([...noise], [B, 1, 1, 1]),
      guide: more.guide,
      step_noise: more.stepNoise && tf.tensor5d([...more.stepNoise], [more.stepNoise.length / B, B, 1, 1, 1]),
    };
    const { z } = def.run(
      inputs as never,
      def.params.parse(params),
      stepContext(0, "node", () => 0, false),
    );
    return [...(z as Tensor).dataSync()];
  });
}
