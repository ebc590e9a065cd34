import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { withoutGradient } from "../../core/without-gradient.js";
import type { Value } from "./stage-values.js";

/** Means of the outputs that a step logs, put together from the parts of its batch and from an optimizer's updates. */
export class StepLog {
  /** By `node.port`, what is whole; the step's result owns it. */
  readonly means = new Map<string, Tensor>();
  private readonly open = new Map<string, Tensor>();

  constructor(private readonly keys: readonly string[]) {}

  /** Adds the means of those of `values` that are not whole yet; `share` is how much of the step they are. */
  note(values: ReadonlyMap<string, Value>, share = 1): void {
    for (const key of this.keys) {
      const value = values.get(key);
      if (!(value instanceof tf.Tensor) || this.means.has(key)) continue;
      const before = this.open.get(key);
      const sum = withoutGradient(() =>
        tf.tidy(() => {
          const mean = value.rank === 0 ? value : tf.mean(value);
          const part = share === 1 ? mean : tf.mul(mean, share);
          return tf.keep(before ? tf.add(before, part) : part.clone());
        }),
      );
      before?.dispose();
      this.open.set(key, sum);
    }
  }

  /** What was noted so far is whole. */
  settle(): void {
    for (const [key, mean] of this.open) this.means.set(key, mean);
    this.open.clear();
  }

  /** Frees what is not whole. */
  abandon(): void {
    tf.dispose([...this.open.values()]);
    this.open.clear();
  }
}
