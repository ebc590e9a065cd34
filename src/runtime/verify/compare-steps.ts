import type { HostArray } from "../../core/tensor.js";
import type { CapturedStep, Place } from "./capture.js";
import { distance, largest } from "./distance.js";
import type { Tolerances } from "./tolerances.js";

/** The worst difference of one place over all steps. */
export interface PlaceDifference {
  readonly phase: string;
  readonly place: Place;
  /** The step of the worst difference, from 0. */
  step: number;
  /** As a share of the largest number. */
  difference: number;
  readonly allowed: number;
}

/** A place that is further apart than allowed, and how large its numbers are there. */
export interface Divergence extends Readonly<PlaceDifference> {
  readonly shape: readonly number[];
  readonly worst: readonly [first: number, second: number];
}

/** Compares steps in order; `places` and `first` grow. */
export class Comparison {
  private readonly found = new Map<string, PlaceDifference>();
  /** The first place, in the order in which things are made, that is further apart than allowed. */
  first: Divergence | undefined;

  constructor(private readonly allowed: Tolerances) {}

  get places(): readonly PlaceDifference[] {
    return [...this.found.values()];
  }

  add(expected: CapturedStep | undefined, got: CapturedStep): void {
    if (!expected || expected.phase !== got.phase || expected.step !== got.step)
      throw new Error(`one backend ran step ${got.step + 1} of phase "${got.phase}" where the other did something else`);
    const { phase, step } = got;
    // What is far below the other gradients is the rounding of sums that should be nothing.
    const gradients = expected.arrays.filter(([{ kind }]) => kind === "gradient");
    const floor = 1e-2 * Math.max(0, ...gradients.map(([, array]) => largest(array)));
    for (const [i, [place, a]] of expected.arrays.entries()) {
      const [other, b] = got.arrays[i] ?? [];
      if (!b || keyOf(other) !== keyOf(place))
        throw new Error(`one backend made ${keyOf(place)} where the other did something else`);
      const difference = distance(a, b, place.kind === "gradient" && floor > 0 ? floor : undefined);
      const allowed = this.allowed(place, a.dtype);
      this.note({ phase, place, step, difference, allowed });
      if (difference > allowed) this.first ??= { phase, place, step, difference, allowed, shape: a.shape, worst: worstOf(a, b) };
    }
  }

  private note(one: PlaceDifference): void {
    const key = `${one.phase} ${keyOf(one.place)}`;
    const known = this.found.get(key);
    if (!known) this.found.set(key, one);
    else if (one.difference > known.difference) Object.assign(known, { step: one.step, difference: one.difference });
  }
}

/** A place as people write it. */
export function keyOf(place: Place | undefined): string {
  if (!place) return "nothing";
  return place.kind === "gradient" ? `gradient of ${place.node}: ${place.name}` : `${place.node}.${place.name}`;
}

/** The two numbers that are furthest apart. */
function worstOf(a: HostArray, b: HostArray): readonly [number, number] {
  let at = 0;
  let apart = -1;
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [a.data[i] ?? NaN, b.data[i] ?? NaN];
    const far = Object.is(x, y) ? 0 : Math.abs(x - y);
    // A difference from what is no number is none; nothing is further apart.
    if (Number.isNaN(far)) return [x, y];
    if (far > apart) [at, apart] = [i, far];
  }
  return [a.data[at] ?? NaN, b.data[at] ?? NaN];
}
