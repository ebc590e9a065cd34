import { join } from "node:path";
import type { NodeDef } from "../../core/define-node.js";
import type { Graph, GraphNode, Phase } from "../../core/graph.js";
import type { HostArray } from "../../core/tensor.js";
import type { CacheContext, CachedPhase, NodeCache } from "../run/node-cache.js";
import { planPhase } from "../run/plan.js";
import { disposeStep } from "../run/step-result.js";
import { StepRunner } from "../run/step-runner.js";
import type { Packets } from "../run/transfer.js";
import { fetch } from "../run/transfer.js";
import type { CachePlace } from "./cache-place.js";
import { contentKeys, partsHash } from "./content-hash.js";
import { keyParts, NotCached } from "./key-parts.js";
import type { KeyParts } from "./key-parts.js";
import { openShelf } from "./shelf.js";
import type { Shelf } from "./shelf.js";
import { readCard, writeCard } from "./shelf-card.js";

/** A cache in a folder of this machine, for nodes that say `cache: disk`. */
export function diskCache(place: CachePlace): NodeCache {
  return {
    async open(context, plan) {
      const wanted = context.graph.nodes.filter(({ name, cache }) => cache && plan.fixed.some((node) => node.name === name));
      const cached: CachedNode[] = [];
      for (const node of wanted) {
        const opened = await openNode(context, node, place);
        if (opened) cached.push(opened);
      }
      return cached.length > 0 ? cachedPhase(context, plan.phase, cached) : undefined;
    },
  };
}

/** A node whose results are read where they are known. */
interface CachedNode {
  readonly node: GraphNode;
  /** The node's outputs for these values of the sources. */
  fill(values: Packets): Promise<Readonly<Record<string, HostArray>>>;
  close(): Promise<void>;
}

function cachedPhase(context: CacheContext, phase: Phase, cached: readonly CachedNode[]): CachedPhase {
  const sources = new Map(cached.map(({ node }) => [node.name, { ...node, inputs: {}, def: asSource(node.def) }]));
  const graph: Graph = { ...context.graph, nodes: context.graph.nodes.map((node) => sources.get(node.name) ?? node) };
  const plan = planPhase(graph, phase);
  const needed = new Set(plan.sources.map(({ name }) => name));
  return {
    plan,
    async fill(values) {
      const filled = new Map(values);
      for (const { node, fill } of cached) if (needed.has(node.name)) filled.set(node.name, await fill(values));
      return new Map([...filled].filter(([name]) => needed.has(name)));
    },
    async close() {
      for (const node of cached) await node.close();
    },
  };
}

/** The node as a plan sees it whose results come from elsewhere. */
function asSource(def: NodeDef): NodeDef {
  const { type, note, outputs, params } = def;
  return {
    kind: "source",
    type,
    note,
    inputs: {},
    outputs,
    params,
    open: () => Promise.reject(new Error(`${type} is no source`)),
  };
}

/** Opens the shelf of a node; undefined, with a line that says why, where it cannot be cached. */
async function openNode(context: CacheContext, node: GraphNode, place: CachePlace): Promise<CachedNode | undefined> {
  const { graph, device, recorder, progress } = context;
  const note = (line: string): void => {
    recorder.log("info", `${node.name}: ${line}`);
    progress.note(`${node.name}: ${line}`);
  };
  let key: KeyParts;
  try {
    key = await keyParts(graph, node, device.info);
  } catch (error) {
    if (!(error instanceof NotCached)) throw error;
    note(`not cached: ${error.message}`);
    return undefined;
  }
  const name = partsHash(key.parts);
  const folder = join(place.folder, name);
  const shelf = await openShelf(place.folder, name, place.limit, () =>
    note(`the cache is full (${place.limit / 1e9} GB); the rest is computed. RAEGRAPH_CACHE_LIMIT gives it more`),
  );
  const known = (await readCard(folder))?.shapes;
  let shapes: Shapes | undefined = known && key.ports.every((port) => known[port]) ? known : undefined;
  const compute = makeCompute(context, node, key);
  let [read, computed] = [0, 0];
  let writing: Promise<void> = Promise.resolve();
  return {
    node,
    async fill(values) {
      const samples = contentKeys(leavesOf(values, key), key.unit);
      const stored = shapes && readAll(shelf, samples, shapes, key);
      if (stored) {
        read += samples.length;
        return stored;
      }
      const outputs = await compute(values);
      computed += samples.length;
      if (!shapes) {
        shapes = Object.fromEntries(key.ports.map((port) => [port, recordShape(outputs[port]?.shape ?? [], key.unit)]));
        await writeCard(folder, {
          format: 1,
          graph: graph.name,
          node: node.name,
          parts: { ...key.parts },
          shapes: copied(shapes),
        });
      }
      // The step goes on meanwhile; one write waits for the other.
      const records = samples.map((sample, i) => ({ sample, bytes: recordOf(outputs, i, samples.length, key) }));
      const before = writing;
      writing = before.then(() => shelf.write(records));
      // A failure is told by the next step, or at the end.
      writing.catch(() => undefined);
      await before;
      return outputs;
    },
    async close() {
      try {
        await writing;
      } finally {
        await shelf.close();
      }
      const what = key.unit === "sample" ? "samples" : "batches";
      recorder.event({ event: "cache", node: node.name, read, computed });
      recorder.log("info", `${node.name}: cache: ${read} ${what} read, ${computed} computed`);
    },
  };
}

type Shapes = Readonly<Record<string, readonly number[]>>;

function copied(shapes: Shapes): Record<string, number[]> {
  return Object.fromEntries(Object.entries(shapes).map(([port, shape]) => [port, [...shape]]));
}

function leavesOf(values: Packets, { leaves }: KeyParts): HostArray[] {
  return leaves.map(({ node, port }) => {
    const array = values.get(node)?.[port];
    if (!array) throw new Error(`the source "${node}" gave no "${port}"`);
    return array;
  });
}

/** Runs the node, and what lies between it and the sources, on a batch. */
function makeCompute(
  context: CacheContext,
  node: GraphNode,
  { ports }: KeyParts,
): (values: Packets) => Promise<Record<string, HostArray>> {
  const { graph, devices, device, programs, recorder } = context;
  const reader: GraphNode = {
    name: `${node.name} `,
    def: {
      kind: "sink",
      type: "cache",
      note: "",
      inputs: {},
      outputs: {},
      params: node.def.params,
      open: () => Promise.reject(new Error("never opened")),
    },
    params: {},
    dims: {},
    at: node.at,
    inputs: Object.fromEntries(ports.map((port) => [port, { node: node.name, port }])),
  };
  const phase: Phase = { name: node.name, run: [reader.name], checkpoint: 0, keep: 1 };
  const plan = planPhase({ ...graph, nodes: [...graph.nodes, reader] }, phase);
  const runner = new StepRunner(plan, devices, device, { programs, checkReplay: 0 }, (line) => recorder.log("info", line));
  const sources = plan.sources.map(({ name }) => name);
  return async (values) => {
    const own = new Map(sources.flatMap((name) => [[name, values.get(name) ?? {}] as const]));
    const result = await runner.run(own, 0);
    try {
      const fetched = ports.map(async (port): Promise<[string, HostArray]> => {
        const tensor = result.tensors.get(`${node.name}.${port}`);
        if (!tensor) throw new Error(`"${node.name}" gave no "${port}"`);
        return [port, await fetch(tensor)];
      });
      return Object.fromEntries(await Promise.all(fetched));
    } finally {
      disposeStep(result);
    }
  };
}

function recordShape(shape: readonly number[], unit: KeyParts["unit"]): readonly number[] {
  return unit === "sample" ? shape.slice(1) : shape;
}

/** All records of a batch as its outputs; undefined where one is missing. */
function readAll(
  shelf: Shelf,
  samples: readonly string[],
  shapes: Shapes,
  { ports, unit }: KeyParts,
): Record<string, HostArray> | undefined {
  if (!samples.every((sample) => shelf.has(sample))) return undefined;
  const sizes = ports.map((port) => (shapes[port] ?? []).reduce((a, b) => a * b, 1));
  const record = new Float32Array(sizes.reduce((a, b) => a + b, 0));
  const outputs = ports.map((_, k) => new Float32Array((sizes[k] ?? 0) * samples.length));
  const [only] = outputs;
  for (const [i, sample] of samples.entries()) {
    // One port's records go straight to their place.
    const target = outputs.length === 1 && only ? only.subarray(i * record.length, (i + 1) * record.length) : record;
    if (!shelf.read(sample, new Uint8Array(target.buffer, target.byteOffset, target.byteLength))) return undefined;
    if (target !== record) continue;
    let at = 0;
    for (const [k, size] of sizes.entries()) {
      outputs[k]?.set(record.subarray(at, at + size), i * size);
      at += size;
    }
  }
  return Object.fromEntries(
    ports.map((port, k): [string, HostArray] => {
      const shape = shapes[port] ?? [];
      return [
        port,
        { dtype: "f32", shape: unit === "sample" ? [samples.length, ...shape] : shape, data: outputs[k] ?? new Float32Array(0) },
      ];
    }),
  );
}

/** One sample's part of the outputs, port after port. */
function recordOf(outputs: Readonly<Record<string, HostArray>>, index: number, count: number, { ports }: KeyParts): Uint8Array {
  const parts = ports.map((port) => {
    const data = outputs[port]?.data ?? new Float32Array(0);
    const size = data.length / count;
    return new Uint8Array(data.buffer, data.byteOffset + 4 * index * size, 4 * size);
  });
  const record = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    record.set(part, at);
    at += part.byteLength;
  }
  return record;
}
