import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";
import { saved } from "./rules.js";
import type { GradientRule } from "./rules.js";

type Image = ReturnType<typeof tf.tensor4d>;
type Size = [number, number, number, number];
type Pad = "valid" | "same" | number;

/** Rules of convolution and resizing, channels last. */
export const imageRules: readonly GradientRule[] = [
  {
    kernel: "Conv2D",
    inputs: ["x", "filter"],
    pull(dy, s, attrs) {
      const x = saved(s, 0) as Image;
      const filter = saved(s, 1) as Image;
      const strides = attrs["strides"] as [number, number];
      const pad = attrs["pad"] as Pad;
      return {
        x: () => tf.conv2dTranspose(dy as Image, filter, x.shape as Size, strides, asTransposePad(pad)),
        filter: () =>
          tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, {
            strides,
            pad,
            dataFormat: "NHWC",
            dimRoundingMode: undefined,
            filterShape: filter.shape,
          } as never) as Tensor,
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

/** conv2dTranspose takes the same paddings as conv2d; only its type is narrower. */
function asTransposePad(pad: Pad): "valid" | "same" | number {
  return pad;
}
