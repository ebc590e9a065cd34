import { z } from "zod";
import type { SinkNode } from "../../core/define-node.js";
import type { Contract, Graph } from "../../core/graph.js";
import { tensor } from "../../core/port.js";
import type { HostArray } from "../../core/tensor.js";
import { NodeFailure } from "../run/failure.js";
import type { Probe } from "./add-probes.js";

/** An edge that does not hold what the graph's `expect` says; exit code 3. */
export class BrokenContract extends Error {
  override readonly name = "BrokenContract";
}

/** A sink for each of the graph's contracts: it looks at every step and blames the node whose numbers break it. */
export function contractProbes(graph: Graph): Probe[] {
  return (graph.expect ?? []).map((contract) => {
    const { node, port } = contract.edge;
    const producer = graph.nodes.find(({ name }) => name === node);
    const check = (array: HostArray): Promise<void> => {
      const message = breach(contract, array);
      if (message === undefined) return Promise.resolve();
      const broken = new BrokenContract(`${node}.${port} breaks what the graph expects of it: ${message}`);
      return Promise.reject(producer ? new NodeFailure(producer, broken) : broken);
    };
    const inputs = { value: tensor("f32[...]") };
    const def: SinkNode<typeof inputs> = {
      kind: "sink",
      type: "raegraph.expect",
      note: "Holds an edge to its contract.",
      inputs,
      outputs: {},
      params: z.object({}),
      open: () => Promise.resolve({ write: ({ value }) => check(value), close: () => Promise.resolve() }),
    };
    // It is opened and fed by the runtime like any sink, whose definition has forgotten its ports.
    return { edge: contract.edge, name: `expect:${node}.${port}`, def: def as unknown as SinkNode };
  });
}

/** How an array breaks a contract; nothing where it holds. */
export function breach({ finite, range }: Contract, { data, shape }: HostArray): string | undefined {
  const bad = (value: number): boolean =>
    (finite === true && !Number.isFinite(value)) || (range !== undefined && !(value >= range[0] && value <= range[1]));
  let first = -1;
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    // NaN lies in no range; whether it may come is for `finite` to say.
    const value = data[i] ?? NaN;
    if (!bad(value) || (Number.isNaN(value) && finite !== true)) continue;
    if (count++ === 0) first = i;
  }
  if (count === 0) return undefined;
  const value = data[first] ?? NaN;
  const what = Number.isFinite(value) ? `is outside ${String(range?.[0])} to ${String(range?.[1])}` : "is no finite number";
  return `${value} at [${indicesOf(first, shape).join(",")}] ${what}; ${count} of ${data.length} numbers are wrong`;
}

function indicesOf(index: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  let rest = index;
  for (const size of [...shape].reverse()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return indices;
}
