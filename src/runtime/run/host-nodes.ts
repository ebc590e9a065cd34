import type { HostContext, HostValues, NamedArrays, Ports, Reduction, Sink } from "../../core/define-node.js";
import type { GraphNode } from "../../core/graph.js";
import type { HostArray } from "../../core/tensor.js";
import type { Devices } from "./devices.js";
import { blameAsync } from "./failure.js";
import { savedArrays } from "./saved-arrays.js";
import { keyOf, weightsOf } from "./stage-values.js";
import type { StepResult } from "./step-result.js";
import { fetch } from "./transfer.js";

/** A reducer or sink that takes part in one execution of a phase. */
export interface OpenHost {
  readonly node: GraphNode;
  add(values: HostValues<Ports>, at: { readonly step: number; readonly phase: string }): Promise<void>;
  /** Results of a reducer; nothing of a sink. */
  finish(): Promise<Readonly<Record<string, number>>>;
  /** For a phase that did not come to its end; does nothing once `finish` was called. */
  abandon(): Promise<void>;
}

/** Opens a reducer or sink. Errors of all its calls are blamed on the node. */
export async function openHost(node: GraphNode, context: HostContext): Promise<OpenHost> {
  const { def } = node;
  let over = false;
  if (def.kind === "reducer") {
    const reduction: Reduction<Ports> = await blameAsync(node, () => def.start(node.params, context));
    return {
      node,
      add: (values) => blameAsync(node, () => reduction.add(values)),
      finish() {
        over = true;
        return blameAsync(node, () => reduction.finish());
      },
      abandon: async () => (over ? undefined : reduction.abandon?.()),
    };
  }
  if (def.kind !== "sink") throw new Error(`"${node.name}" is neither reducer nor sink`);
  const sink: Sink<Ports> = await blameAsync(node, () => def.open(node.params, context));
  return {
    node,
    add: (values, at) => blameAsync(node, () => sink.write(values, at)),
    async finish() {
      over = true;
      await blameAsync(node, () => sink.close());
      return {};
    },
    abandon: async () => (over ? undefined : sink.abandon?.()),
  };
}

/** A host node's inputs, fetched from the device. */
export async function hostInputs(node: GraphNode, result: StepResult, devices: Devices): Promise<HostValues<Ports>> {
  const entries = Object.entries(node.inputs).map(async ([port, ref]): Promise<[string, HostArray | NamedArrays | undefined]> => {
    const tensor = result.tensors.get(keyOf(ref));
    if (tensor) return [port, await fetch(tensor)];
    // The node that gives it does not take part yet.
    if (node.def.inputs[port]?.kind === "tensor") return [port, undefined];
    const { live, weights } = weightsOf(ref, devices);
    const named = live.specs.map(({ name }) => [name, weights(name)] as const);
    return [port, await savedArrays(named, live.tables)];
  });
  return Object.fromEntries(await Promise.all(entries)) as HostValues<Ports>;
}
