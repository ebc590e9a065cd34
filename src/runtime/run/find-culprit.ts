import { tapeLength } from "../../core/backward.js";
import type { GraphNode } from "../../core/graph.js";
import type { PerStep } from "../../core/per-step.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import type { Part } from "./cut-batch.js";
import type { Devices } from "./devices.js";
import type { StagePlan } from "./plan-stages.js";
import { runStage } from "./stage.js";
import { disposeStep } from "./step-result.js";
import { upload } from "./transfer.js";
import type { Packets } from "./transfer.js";

/** The first place of a step where a number is NaN or infinite. */
export interface Culprit {
  readonly node: GraphNode;
  /** What of the node it is, e.g. `its output "velocity"`. */
  readonly what: string;
  /** Rows of the batch that hold such numbers, where the place has rows of the batch. */
  readonly rows?: readonly number[];
}

/** One look at a value: true where all is finite, for each of its rows. */
interface Look {
  readonly node: GraphNode;
  readonly what: string;
  readonly finite: Tensor;
  readonly part?: Part | undefined;
}

/**
 * Looks for the first NaN or infinity of a step: in the sources' numbers, then, doing the step once more op by op without changing any
 * weight, in the nodes' outputs in their order, then in the gradients on the way back. Undefined where all of these are finite.
 */
export async function findCulprit(
  { stage, sources }: { readonly stage: StagePlan; readonly sources: readonly GraphNode[] },
  devices: Devices,
  packets: Packets,
  step: PerStep,
): Promise<Culprit | undefined> {
  const data = inSources(sources, packets);
  if (data) return data;
  const tensors = new Map(
    [...packets].flatMap(([node, ports]) => Object.entries(ports).map(([port, array]) => [`${node}.${port}`, upload(array)])),
  );
  const forward: Look[] = [];
  const backward: Look[] = [];
  /** Ends of the nodes' shares of the tape, in their order. */
  let shares: { readonly node: GraphNode; readonly end: number }[] = [];
  try {
    const result = await runStage(stage, devices, tensors, step, {
      onNode(node, work, _given, part) {
        if (tapeLength() < (shares.at(-1)?.end ?? 0)) shares = [];
        const outputs = work();
        for (const [port, value] of Object.entries(outputs)) look(forward, { node, what: `its output "${port}"`, part }, value);
        shares.push({ node, end: tapeLength() });
        return outputs;
      },
      onPull({ at, kernel, gradients }) {
        const node = shares.find(({ end }) => at < end)?.node ?? stage.parts[0]?.optimizer;
        for (const gradient of gradients)
          if (node) look(backward, { node, what: `a gradient that it passes back (op ${kernel})` }, gradient);
      },
    });
    disposeStep(result);
    return (await firstBad(forward)) ?? (await firstBad(backward));
  } finally {
    for (const { finite } of [...forward, ...backward]) finite.dispose();
    tf.dispose([...tensors.values()]);
  }
}

function inSources(sources: readonly GraphNode[], packets: Packets): Culprit | undefined {
  for (const [name, ports] of packets)
    for (const [port, { dtype, shape, data }] of Object.entries(ports)) {
      if (dtype !== "f32") continue;
      const [rows = 1] = shape;
      const size = data.length / Math.max(rows, 1);
      const bad = Array.from({ length: rows }, (_, i) => i).filter(
        (i) => !data.subarray(i * size, (i + 1) * size).every(Number.isFinite),
      );
      const node = sources.find((source) => source.name === name);
      if (node && bad.length > 0) return { node, what: `its output "${port}"`, rows: bad };
    }
  return undefined;
}

function look(looks: Look[], at: Omit<Look, "finite">, value: unknown): void {
  if (!(value instanceof tf.Tensor) || value.dtype !== "float32" || value.size === 0) return;
  const rows = value.shape[0] ?? 1;
  const finite = tf.tidy(() => tf.keep(tf.all(tf.isFinite(tf.reshape(value, [rows, value.size / rows])), 1)));
  looks.push({ ...at, finite });
}

async function firstBad(looks: readonly Look[]): Promise<Culprit | undefined> {
  for (const { node, what, finite, part } of looks) {
    const rows = [...(await finite.data())].flatMap((good, i) => (good ? [] : [i]));
    if (rows.length === 0) continue;
    return { node, what, rows: rows.map((row) => row + (part?.from ?? 0)) };
  }
  return undefined;
}
