import type { HostArray } from "../../core/tensor.js";

/** Throws an Error unless `axes` names each axis of the shape once. */
export function checkAxes(axes: readonly number[] | undefined, shape: readonly number[]): void {
  if (!axes) return;
  const sorted = [...axes].sort((a, b) => a - b);
  if (axes.length !== shape.length || sorted.some((axis, i) => axis !== i))
    throw new Error(
      `axes [${axes.join()}] do not order the ${shape.length} axes of [${shape.join()}]; give each of ${shape.map((_, i) => i).join()} once`,
    );
}

/** The shape whose axis i is the old axis `axes[i]`. */
export function permutedShape(shape: readonly number[], axes: readonly number[] | undefined): readonly number[] {
  return axes ? axes.map((axis) => shape[axis] ?? 0) : shape;
}

/** The array with its axes in another order, copied: new axis i is the old axis `axes[i]`. */
export function permute({ dtype, shape, data }: HostArray, axes: readonly number[]): HostArray {
  checkAxes(axes, shape);
  const sizes = permutedShape(shape, axes);
  const strides = axes.map((axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const out = dtype === "f32" ? new Float32Array(data.length) : new Int32Array(data.length);
  const at = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from] ?? 0;
    // Counts one up in the new order, last axis first, and keeps the old offset in step.
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const next = (at[axis] ?? 0) + 1;
      const stride = strides[axis] ?? 0;
      if (next < (sizes[axis] ?? 0)) {
        at[axis] = next;
        from += stride;
        break;
      }
      at[axis] = 0;
      from -= stride * (next - 1);
    }
  }
  return { dtype, shape: sizes, data: out };
}
