import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";
import { saved } from "./rules.js";
import type { GradientRule } from "./rules.js";

/** A view of the same numbers: the pull is reshaped back. */
const view = (kernel: string, input: string): GradientRule => ({
  kernel,
  inputs: [input],
  pull: (dy, s) => ({ [input]: () => tf.reshape(dy, saved(s, 0).shape) }),
});

/** Rules of kernels that move numbers. */
export const shapeRules: readonly GradientRule[] = [
  view("Reshape", "x"),
  view("ExpandDims", "input"),
  { kernel: "Identity", pull: (dy) => ({ x: () => dy.clone() }) },
  { kernel: "Cast", pull: (dy) => ({ x: () => dy.clone() }) },
  {
    kernel: "Transpose",
    pull: (dy, _s, attrs) => ({
      x: () => {
        const permutation = attrs["perm"] as number[];
        return tf.transpose(
          dy,
          permutation.map((_, axis) => permutation.indexOf(axis)),
        );
      },
    }),
  },
  {
    kernel: "Concat",
    inputs: "all",
    pull(dy, s, attrs) {
      const axis = tf.util.parseAxisParam(attrs["axis"] as number, saved(s, 0).shape)[0] ?? 0;
      const begins = s.map((_, i) => s.slice(0, i).reduce((sum, t) => sum + (t.shape[axis] ?? 0), 0));
      const part = (i: number): Tensor =>
        tf.slice(
          dy,
          dy.shape.map((_, a) => (a === axis ? (begins[i] ?? 0) : 0)),
          saved(s, i).shape,
        );
      return Object.fromEntries(s.map((_, i) => [String(i), () => part(i)]));
    },
  },
  {
    kernel: "SplitV",
    pull: (dy, _s, attrs) => ({ x: () => tf.concat(dy as unknown as Tensor[], attrs["axis"] as number) }),
  },
  {
    kernel: "Slice",
    inputs: ["x"],
    pull: (dy, s, attrs) => ({
      x: () => {
        const whole = saved(s, 0).shape;
        const begin = attrs["begin"] as number | number[];
        const starts = whole.map((_, axis) => (typeof begin === "number" ? (axis === 0 ? begin : 0) : (begin[axis] ?? 0)));
        return tf.pad(
          dy,
          whole.map((size, axis) => [starts[axis] ?? 0, size - (starts[axis] ?? 0) - (dy.shape[axis] ?? 0)]),
        );
      },
    }),
  },
  {
    kernel: "PadV2",
    inputs: ["x"],
    pull: (dy, s, attrs) => ({
      x: () =>
        tf.slice(
          dy,
          (attrs["paddings"] as [number, number][]).map(([before]) => before),
          saved(s, 0).shape,
        ),
    }),
  },
  {
    kernel: "Tile",
    inputs: ["x"],
    pull: (dy, s, attrs) => ({
      x: () => {
        const x = saved(s, 0);
        const copies = attrs["reps"] as number[];
        const split = x.shape.flatMap((size, axis) => [copies[axis] ?? 1, size]);
        return tf.reshape(
          tf.sum(
            tf.reshape(dy, split),
            x.shape.map((_, axis) => 2 * axis),
          ),
          x.shape,
        );
      },
    }),
  },
  { kernel: "Reverse", pull: (dy, _s, attrs) => ({ x: () => tf.reverse(dy, attrs["dims"] as number[]) }) },
  {
    kernel: "Pack",
    inputs: "all",
    pull: (dy, s, attrs) => {
      const parts = (): Tensor[] => tf.unstack(dy, attrs["axis"] as number);
      return Object.fromEntries(s.map((_, i) => [String(i), () => saved(parts(), i)]));
    },
  },
  {
    kernel: "Unpack",
    pull: (dy, _s, attrs) => ({ value: () => tf.stack(dy as unknown as Tensor[], attrs["axis"] as number) }),
  },
  {
    kernel: "GatherV2",
    inputs: ["x", "indices"],
    pull: (dy, s, attrs) => ({
      x: () => gatherPull(dy, saved(s, 0), saved(s, 1), attrs),
      indices: () => tf.zeros(saved(s, 1).shape),
    }),
  },
];

/** Rows that were taken more than once get the sum of their pulls. */
function gatherPull(dy: Tensor, x: Tensor, indices: Tensor, attrs: Readonly<Record<string, unknown>>): Tensor {
  const axis = tf.util.parseAxisParam(attrs["axis"] as number, x.shape)[0] ?? 0;
  if (attrs["batchDims"]) throw new Error("gather with batchDims has no gradient; gather from a flattened tensor instead");
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  const count = indices.shape.reduce((a, b) => a * b, 1);
  const outer = before.reduce((a, b) => a * b, 1);
  const inner = after.reduce((a, b) => a * b, 1);
  const rows = tf.reshape(tf.transpose(tf.reshape(dy, [outer, count, inner]), [1, 0, 2]), [count, outer * inner]);
  const summed = tf.unsortedSegmentSum(rows, tf.cast(tf.reshape(indices, [count]), "int32") as Tensor1, x.shape[axis] ?? 0);
  return tf.reshape(tf.transpose(tf.reshape(summed, [-1, outer, inner]), [1, 0, 2]), x.shape);
}

type Tensor1 = ReturnType<typeof tf.tensor1d>;
