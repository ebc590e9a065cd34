import type { ComputeBackend, DeviceLimits } from "../core/define-backend.js";
import type { InnerTensor } from "../core/define-node.js";
import type { Graph, GraphNode } from "../core/graph.js";
import { GraphError } from "../core/problem.js";
import type { Problem } from "../core/problem.js";
import { mebibytes } from "./text.js";

/** A tensor that a graph puts on the device, and the node that makes it. */
export interface PlacedTensor extends InnerTensor {
  readonly node: GraphNode;
  readonly bytes: number;
}

const onDevice = new Set(["map", "model", "optimizer"]);

/** What a backend can hold, and the largest tensor of a graph; undefined for a backend without such limits. */
export async function checkLimits(
  graph: Graph,
  backend: ComputeBackend,
): Promise<{ readonly limits: DeviceLimits; readonly largest: PlacedTensor | undefined } | undefined> {
  const limits = await backend.limits?.();
  if (!limits) return undefined;
  const tensors = tensorsOf(graph);
  const problems = tensors
    .filter(({ bytes }) => bytes > limits.tensorBytes)
    .map((tensor) => tooLarge(tensor, backend.id, limits));
  if (problems.length > 0) throw new GraphError(problems, graph.sources);
  return { limits, largest: tensors.reduce<PlacedTensor | undefined>((a, b) => (a && a.bytes >= b.bytes ? a : b), undefined) };
}

/** Each node's largest tensor on the device: what flows on an edge, a weight, or what is made within. */
function tensorsOf({ nodes, edges }: Graph): PlacedTensor[] {
  const kinds = new Map(nodes.map(({ name, def }) => [name, def.kind]));
  const isOnDevice = (name: string): boolean => onDevice.has(kinds.get(name) ?? "");
  return nodes.flatMap((node) => {
    const { def, name, params, dims } = node;
    const out = edges.filter(({ from, to }) => from.node === name && (isOnDevice(name) || isOnDevice(to.node)));
    const found = [
      ...out.flatMap(({ from, type }) => shapeOf(type).map((shape) => ({ what: `its output ${from.port}`, shape }))),
      ...(def.kind === "model" ? def.weights(params, dims) : []).map((spec) => ({
        what: `the weight ${spec.name}`,
        shape: spec.shape,
      })),
      ...(def.largest ? [def.largest(params, dims)] : []),
    ].map((inner) => ({ ...inner, node, bytes: 4 * inner.shape.reduce((a, b) => a * b, 1) }));
    const [first, ...rest] = found;
    return first ? [rest.reduce((a, b) => (b.bytes > a.bytes ? b : a), first)] : [];
  });
}

/** Sizes of a tensor's type, e.g. `f32[32,4,4,8]`; none while one of them is open, or for what is no tensor. */
function shapeOf(type: string): number[][] {
  const inside = /^[fi]32\[([\d,]*)\]$/.exec(type)?.[1];
  return inside === undefined ? [] : [inside.split(",").filter(Boolean).map(Number)];
}

function tooLarge({ node, what, shape, bytes }: PlacedTensor, id: string, { tensorBytes, of }: DeviceLimits): Problem {
  return {
    code: "G601",
    message: `node "${node.name}": ${what} [${shape.join(",")}] takes ${mebibytes(bytes)}; ${id} holds at most ${mebibytes(tensorBytes)} in one tensor (${of})`,
    at: node.at,
    cure: cureOf(node, shape, bytes / tensorBytes, id),
  };
}

/** Names the batch that would fit, where the batch is the first axis. */
function cureOf({ dims }: GraphNode, [first = 1]: readonly number[], times: number, id: string): string {
  const batch = Math.floor(first / times);
  const other = `take another backend than ${id}`;
  if (dims["B"] !== first || batch < 1) return `make the model smaller, or ${other}`;
  return `a batch of ${batch} fits; or make the model smaller, or ${other}`;
}
