import type { StepContext } from "../../core/define-node.js";
import type { Random } from "../../core/random.js";
import { randomNormal, randomUniform } from "../../core/ops/random.js";
import type { Draw } from "../../core/ops/random.js";
import type { PerStep } from "../../core/per-step.js";
import { philoxKey, streamId } from "../../core/philox.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import type { Part } from "./cut-batch.js";

/** What else decides of a node's work in a step. */
interface Circumstances {
  /** The part of the batch that is in work, where it is cut. */
  readonly part?: Part | undefined;
  /** Updates of the same optimizer in this step before this one; each draws numbers of its own. */
  readonly round?: number | undefined;
  readonly remember?: StepContext["remember"] | undefined;
}

/**
 * What a device node may know in a step; its random numbers are keyed by (seed, node, stream, step). In a part of a batch a node gets
 * the numbers that these rows have in the whole batch.
 */
export function stepContext(
  seed: number,
  node: string,
  step: PerStep,
  training: boolean,
  { part, round = 0, remember = noModel }: Circumstances = {},
): StepContext {
  const key = philoxKey(seed, node);
  const again = round > 0 ? `#${round}` : "";
  const drawn =
    (kind: string, draw: (which: Draw) => Tensor): Random["normal"] =>
    (shape, stream = "") => {
      const from = (name: string, of: readonly number[]): Tensor =>
        draw({ key, stream: streamId(`${kind}/${name}${again}`), step, shape: of });
      const [rows = 0, ...rest] = shape;
      if (!part) return from(stream, shape);
      if (rows === 0 || rows % part.size !== 0) return from(`${stream}/${part.from}`, shape);
      const each = rows / part.size;
      return tf.tidy(() => tf.slice(from(stream, [each * part.of, ...rest]), each * part.from, rows));
    };
  return { training, random: { normal: drawn("normal", randomNormal), uniform: drawn("uniform", randomUniform) }, remember };
}

function noModel(name: string): void {
  throw new Error(`"${name}" is to be remembered, and only a model whose weights are trained can do that`);
}
