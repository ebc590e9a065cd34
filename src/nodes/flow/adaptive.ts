import type { Reading } from "../../core/reading.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { combined, moved, slopes } from "./runge-kutta.js";
import type { Field } from "./runge-kutta.js";
import type { AdaptiveTableau } from "./tableau.js";

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** Steps after which an integration counts as hopeless. */
const mostSteps = 10_000;

/**
 * Integrates from `from` to `to` with steps as long as the tolerances allow, as torchdiffeq does: first step by Hairer, Nørsett and
 * Wanner; error norm the root mean square over the whole state of error / (atol + rtol·max(|x|, |x'|)); a step grows or shrinks by
 * 0.9·error^(−1/order) within [0.2, 10]; the last one may pass `to` and is read there by a quartic through its ends and middle.
 * Looks at one number in each step.
 */
export function* integrateAdaptive(
  field: Field,
  tableau: AdaptiveTableau,
  start: Tensor,
  span: { readonly from: number; readonly to: number },
  tolerance: Tolerance,
): Reading<Tensor> {
  const way = Math.sign(span.to - span.from);
  if (way === 0) return start;
  // The state and its slope are replaced at each accepted step, so they are freed by hand.
  let x = tf.tidy(() => start.clone());
  let slope = tf.tidy(() => field(x, span.from));
  let t = span.from;
  let size = yield* firstStep(field, tableau, x, slope, t, way, tolerance);
  for (let count = 0; count < mostSteps; count++) {
    const step = way * size;
    const [next, nextSlope, error, result] = attempt(field, tableau, { x, slope, t, step, to: span.to }, tolerance);
    const ratio = yield error;
    if (!Number.isFinite(ratio))
      throw new Error(
        `the state is no longer finite at t = ${t}; look at the model, or start nearer to data by a smaller "from"`,
      );
    if (ratio <= 1) {
      tf.dispose([x, slope]);
      if (result) {
        tf.dispose([next, nextSlope]);
        return result;
      }
      [x, slope, t] = [next, nextSlope, t + step];
    } else tf.dispose([next, nextSlope, ...(result ? [result] : [])]);
    size *= growth(ratio, tableau.order);
  }
  throw new Error(
    `no end after ${mostSteps} steps, at t = ${t}; raise rtol or atol, now ${tolerance.rtol} and ${tolerance.atol}`,
  );
}

interface Attempt {
  readonly x: Tensor;
  readonly slope: Tensor;
  readonly t: number;
  readonly step: number;
  readonly to: number;
}

/** State and slope at the step's end, the size of its error, and the state at `to` if the step reaches it. */
function attempt(
  field: Field,
  tableau: AdaptiveTableau,
  { x, slope, t, step, to }: Attempt,
  { rtol, atol }: Tolerance,
): [Tensor, Tensor, Tensor, Tensor?] {
  return tf.tidy((): [Tensor, Tensor, Tensor, Tensor?] => {
    const known = slopes(field, tableau, x, t, step, slope);
    const end = moved(x, known, tableau.weights, step);
    const last = known.at(-1) ?? slope;
    const scale = tf.add(tf.mul(tf.maximum(tf.abs(x), tf.abs(end)), rtol), atol);
    const error = rootMeanSquare(tf.div(combined(known, tableau.error, step) ?? tf.zerosLike(x), scale));
    if (Math.sign(step) * (t + step - to) < 0) return [end, last, error];
    const middle = moved(x, known, tableau.middle, step);
    return [end, last, error, between({ x, end, middle, slope, last, step }, (to - t) / step)];
  });
}

/** The quartic through both ends with their slopes and the middle, at a part u of the step. */
function between(s: { x: Tensor; end: Tensor; middle: Tensor; slope: Tensor; last: Tensor; step: number }, u: number): Tensor {
  const { x, end, middle, slope, last, step } = s;
  const [u2, u3, u4] = [u ** 2, u ** 3, u ** 4];
  const parts: readonly [Tensor, number][] = [
    [x, 1 - 11 * u2 + 18 * u3 - 8 * u4],
    [end, -5 * u2 + 14 * u3 - 8 * u4],
    [middle, 16 * u2 - 32 * u3 + 16 * u4],
    [slope, step * (u - 4 * u2 + 5 * u3 - 2 * u4)],
    [last, step * (u2 - 3 * u3 + 2 * u4)],
  ];
  return tf.addN(parts.map(([tensor, weight]) => tf.mul(tensor, weight)));
}

/** E. Hairer, S. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, section II.4; always positive. */
function* firstStep(
  field: Field,
  { order }: AdaptiveTableau,
  x: Tensor,
  slope: Tensor,
  t: number,
  way: number,
  { rtol, atol }: Tolerance,
): Reading<number> {
  const size = (value: Tensor): Tensor => tf.tidy(() => rootMeanSquare(tf.div(value, tf.add(tf.mul(tf.abs(x), rtol), atol))));
  const d0 = yield size(x);
  const d1 = yield size(slope);
  const small = d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : (0.01 * d0) / d1;
  const change = tf.tidy(() => tf.sub(field(tf.add(x, tf.mul(slope, way * small)), t + way * small), slope));
  const d2 = (yield size(change)) / small;
  change.dispose();
  const large = d1 <= 1e-15 && d2 <= 1e-15 ? Math.max(1e-6, small * 1e-3) : (0.01 / Math.max(d1, d2)) ** (1 / order);
  return Math.min(100 * small, large);
}

function growth(ratio: number, order: number): number {
  if (ratio === 0) return 10;
  return Math.min(10, Math.max(0.9 / ratio ** (1 / order), ratio < 1 ? 1 : 0.2));
}

function rootMeanSquare(x: Tensor): Tensor {
  return tf.sqrt(tf.mean(tf.square(x)));
}
