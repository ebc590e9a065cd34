import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";
import { saved } from "./rules.js";
import type { GradientRule } from "./rules.js";

/** Rules of convolution, resizing and pooling. */
export const imageRules: readonly GradientRule[] = [
  {
    kernel: "Conv2D",
    inputs: ["x", "filter"],
    pull(dy, s, attrs) {
      const [x, filter] = [saved(s, 0), saved(s, 1)];
      const { strides, pad, dataFormat, dimRoundingMode, dilations } = attrs;
      if (!tf.backend_util.tupleValuesAreOne(dilations as number[]))
        throw new Error(`conv2d: no gradient for dilations [${String(dilations)}]; expected [1, 1]`);
      const given = { strides, pad, dataFormat, dimRoundingMode };
      return {
        x: () => run("Conv2DBackpropInput", { dy, filter }, { ...given, inputShape: x.shape }),
        filter: () => run("Conv2DBackpropFilter", { x, dy }, { ...given, filterShape: filter.shape }),
      };
    },
  },
  {
    kernel: "ResizeBilinear",
    inputs: ["images"],
    pull: (dy, s, attrs) => ({
      // tfjs's CPU kernel names the two sides of its result in the wrong order; the numbers lie right.
      images: () =>
        tf.reshape(
          tf.engine().runKernel("ResizeBilinearGrad", { images: saved(s, 0), dy }, attrs as never) as Tensor,
          saved(s, 0).shape,
        ),
    }),
  },
  {
    kernel: "ResizeNearestNeighbor",
    inputs: ["images"],
    pull: (dy, s, attrs) => ({
      images: () => tf.engine().runKernel("ResizeNearestNeighborGrad", { images: saved(s, 0), dy }, attrs as never) as Tensor,
    }),
  },
  {
    kernel: "AvgPool",
    inputs: ["x"],
    pull: (dy, s, attrs) => ({
      x: () => tf.engine().runKernel("AvgPoolGrad", { dy, input: saved(s, 0) }, attrs as never) as Tensor,
    }),
  },
];

function run(kernel: string, inputs: Record<string, Tensor>, attrs: Record<string, unknown>): Tensor {
  return tf.engine().runKernel(kernel, inputs, attrs as never) as Tensor;
}
