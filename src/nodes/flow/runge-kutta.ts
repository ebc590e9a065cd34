import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import type { Tableau } from "./tableau.js";

/** dx/dt at a state of any shape and one time for all of it. */
export type Field = (x: Tensor, t: number) => Tensor;

/** The slopes k_j of one step from (x, t) over `step`, which may be negative; `first` is the slope at its start, if known. */
export function slopes(field: Field, tableau: Tableau, x: Tensor, t: number, step: number, first?: Tensor): Tensor[] {
  const known = [first ?? field(x, t)];
  tableau.stages.forEach((row, i) => known.push(field(moved(x, known, row, step), t + (tableau.nodes[i] ?? 0) * step)));
  return known;
}

/**
 * x + step · Σ weights[j]·k_j; weights of zero cost nothing. The sum is made first: added one by one to the larger x, its parts would lose
 * digits, which an error estimate shows.
 */
export function moved(x: Tensor, known: readonly Tensor[], weights: readonly number[], step: number): Tensor {
  const sum = combined(known, weights, step);
  return sum ? tf.add(x, sum) : x;
}

/** step · Σ weights[j]·k_j; undefined where all weights are zero. */
export function combined(known: readonly Tensor[], weights: readonly number[], step: number): Tensor | undefined {
  const parts = known.flatMap((slope, j) => (weights[j] ? [tf.mul(slope, step * weights[j])] : []));
  return parts.length > 1 ? parts.reduce((sum, part) => tf.add(sum, part)) : parts[0];
}

/** The state after one step of a fixed method. */
export function fixedStep(field: Field, tableau: Tableau, x: Tensor, t: number, step: number): Tensor {
  return tf.tidy(() => moved(x, slopes(field, tableau, x, t, step), tableau.weights, step));
}
