/** Two shapes laid over each other: at most four axes, with the step of each input along each, 0 where it repeats. */
export interface Spread {
  readonly shape: readonly number[];
  readonly sizes: readonly number[];
  readonly a: readonly number[];
  readonly b: readonly number[];
}

interface Axis {
  size: number;
  a: boolean;
  b: boolean;
}

/** Lays shapes over each other by tfjs's rules; axes that behave alike are merged. Undefined where more than four remain or they clash. */
export function spread(a: readonly number[], b: readonly number[]): Spread | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  const axes: Axis[] = [];
  for (let i = 0; i < rank; i++) {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    if (x !== y && x !== 1 && y !== 1) return undefined;
    const size = x === 1 ? y : x;
    shape.push(size);
    if (size === 1) continue;
    const axis = { size, a: x !== 1, b: y !== 1 };
    const last = axes.at(-1);
    if (last && last.a === axis.a && last.b === axis.b) last.size *= size;
    else axes.push(axis);
  }
  if (axes.length > 4) return undefined;
  while (axes.length < 4) axes.unshift({ size: 1, a: false, b: false });
  return { shape, sizes: axes.map(({ size }) => size), a: steps(axes, "a"), b: steps(axes, "b") };
}

function steps(axes: readonly Axis[], side: "a" | "b"): readonly number[] {
  let step = 1;
  return axes
    .toReversed()
    .map((axis) => {
      if (!axis[side]) return 0;
      const own = step;
      step *= axis.size;
      return own;
    })
    .toReversed();
}
