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

/** Rows that were taken more than once get the sum of their pulls. The rows of all batches lie behind each other meanwhile. */
function gatherPull(dy: Tensor, x: Tensor, indices: Tensor, attrs: Readonly<Record<string, unknown>>): Tensor {
  const axis = tf.util.parseAxisParam(attrs["axis"] as number, x.shape)[0] ?? 0;
  const batchDims = (attrs["batchDims"] as number | undefined) ?? 0;
  const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
  const batch = sizeOf(x.shape.slice(0, batchDims));
  const outer = sizeOf(x.shape.slice(batchDims, axis));
  const rows = x.shape[axis] ?? 0;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const count = sizeOf(indices.shape.slice(batchDims));
  const pulls = tf.transpose(tf.reshape(dy, [batch, outer, count, inner]), [0, 2, 1, 3]);
  const places = tf.reshape(tf.cast(indices, "int32"), [batch, count]);
  const firsts = (): Tensor => tf.mul(tf.reshape(tf.range(0, batch, 1, "int32"), [batch, 1]), tf.scalar(rows, "int32"));
  const ids = tf.reshape(batch === 1 ? places : tf.add(places, firsts()), [batch * count]) as Tensor1;
  const summed = tf.unsortedSegmentSum(tf.reshape(pulls, [batch * count, outer * inner]), ids, batch * rows);
  return tf.reshape(tf.transpose(tf.reshape(summed, [batch, rows, outer, inner]), [0, 2, 1, 3]), x.shape);
}

type Tensor1 = ReturnType<typeof tf.tensor1d>;
