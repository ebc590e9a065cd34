import type { CallBackend, Numbers } from "../call-backend.js";

/** One axis of a copy: how many, and the steps from one to the next on either side. */
export interface CopyAxis {
  readonly size: number;
  readonly to: number;
  readonly from: number;
}

/** The most axes that cc/kern/copy.h takes. */
const mostAxes = 6;

/** The step along each axis of a row-major shape. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] ?? 1;
  }
  return strides;
}

/** Copies 32-bit numbers along the axes, merged where both sides run on. False, and nothing done, where too many axes remain. */
export function copyAlong(
  backend: CallBackend,
  target: Numbers,
  source: Numbers,
  axes: readonly CopyAxis[],
  offsetTo = 0,
  offsetFrom = 0,
): boolean {
  if (axes.some(({ size }) => size === 0)) return true;
  const merged = merge(axes);
  if (merged.length > mostAxes) return false;
  const numbers = [...merged.map(({ size }) => size), ...merged.map(({ to }) => to), ...merged.map(({ from }) => from)];
  backend.call("copy")(target, source, offsetTo, offsetFrom, merged.length, ...numbers);
  return true;
}

function merge(axes: readonly CopyAxis[]): readonly CopyAxis[] {
  const merged: CopyAxis[] = [];
  for (const axis of axes) {
    if (axis.size === 1) continue;
    const last = merged.at(-1);
    if (last && last.to === axis.to * axis.size && last.from === axis.from * axis.size)
      merged[merged.length - 1] = { ...axis, size: last.size * axis.size };
    else merged.push(axis);
  }
  return merged.length > 0 ? merged : [{ size: 1, to: 1, from: 1 }];
}
