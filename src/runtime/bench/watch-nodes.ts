import { defineOp } from "../../core/define-op.js";
import { tf } from "../../core/tensor.js";
import type { NodeHook } from "../run/stage.js";
import type { Ledger } from "./ledger.js";

/** What a row of the result tells of: a node's part in a step, or what belongs to no node. */
export type Part = "forward" | "backward" | "update" | "host";

/** Time of a step that belongs to no node: waiting for sources; upload, tape and freeing; fetching results. */
export const shared = { data: "data", rest: "rest", results: "results" } as const;

/** The ledger's name for a node's part. */
export function partName(node: string, part: Part): string {
  return `${part} ${node}`;
}

/** Hands its input on; on the way back over the tape it says that the gradient has arrived here. */
const passage = defineOp<"x", never, { arrived: () => void }>({
  kernel: "BenchPassage",
  inputs: ["x"],
  expand: ({ x }) => x.clone(),
  grad(dy, _inputs, { arrived }) {
    arrived();
    return { x: () => dy.clone() };
  },
});

/**
 * Charges the nodes of a stage. The tape is walked backwards, so from the moment a gradient arrives at a node's outputs until it arrives
 * at those of the node before it, the time is this node's backward pass.
 */
export function watchNodes(ledger: Ledger): NodeHook {
  return (node, work) => {
    const update = node.def.kind === "optimizer";
    ledger.charge(partName(node.name, update ? "update" : "forward"));
    const outputs = work();
    ledger.charge(shared.rest);
    if (update || tf.engine().state.gradientDepth === 0) return outputs;
    const arrived = (): void => ledger.charge(partName(node.name, "backward"));
    const passed = Object.entries(outputs).map(([port, value]) => [
      port,
      isFloat(value) ? passage({ x: value }, { arrived }) : value,
    ]);
    // The same ports with values of the same kinds.
    return Object.fromEntries(passed) as typeof outputs;
  };
}

function isFloat(value: unknown): value is InstanceType<typeof tf.Tensor> {
  return value instanceof tf.Tensor && value.dtype === "float32";
}
