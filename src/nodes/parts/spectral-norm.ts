import type { Weights } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { withoutGradient } from "../../core/without-gradient.js";
import { frozen, torchDefault, weight } from "./weight-specs.js";

/** Takes the next value of an untrained weight. */
export type Remember = (name: string, value: Tensor) => void;

/**
 * The weights of a convolution `[out,in,size]` under spectral norm (arXiv 1802.05957), as PyTorch names them: `weight_orig`, `bias`, and the
 * singular vectors `weight_u` `[out]` and `weight_v` `[in·size]`, which are not trained.
 */
export function spectralSpecs(name: string, fanIn: number, fanOut: number, size: number): WeightSpec[] {
  const all = fanIn * size;
  return [
    weight(`${name}.weight_orig`, [fanOut, fanIn, size], torchDefault.weight(all, fanOut)),
    weight(`${name}.bias`, [fanOut], torchDefault.bias(all)),
    frozen(`${name}.weight_u`, [fanOut], { kind: "normal", std: 1 / Math.sqrt(fanOut) }),
    frozen(`${name}.weight_v`, [all], { kind: "normal", std: 1 / Math.sqrt(all) }),
  ];
}

/**
 * The kernel divided by σ = uᵀWv, W seen as `[out,in·size]`. With `remember`, as in training, one step of the power iteration comes first:
 * v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖. Gradients pass through σ with u and v constant.
 */
export function spectralWeight(w: Weights, name: string, remember?: Remember): Tensor {
  const kernel = w(`${name}.weight_orig`);
  const [out = 0] = kernel.shape;
  const flat = tf.reshape(kernel, [out, -1]);
  const column = (vector: Tensor): Tensor => tf.reshape(vector, [-1, 1]);
  let [u, v] = [column(w(`${name}.weight_u`)), column(w(`${name}.weight_v`))];
  if (remember) {
    [u, v] = withoutGradient(() => {
      const right = normalized(tf.matMul(flat, u, true, false));
      return [normalized(tf.matMul(flat, right)), right];
    });
    remember(`${name}.weight_u`, tf.reshape(u, [-1]));
    remember(`${name}.weight_v`, tf.reshape(v, [-1]));
  }
  const sigma = tf.sum(tf.mul(u, tf.matMul(flat, v)));
  return tf.div(kernel, sigma);
}

function normalized(vector: Tensor): Tensor {
  return tf.div(vector, tf.maximum(tf.sqrt(tf.sum(tf.square(vector))), 1e-12));
}
