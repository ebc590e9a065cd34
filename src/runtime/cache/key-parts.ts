import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import type { Graph, GraphNode, PortRef } from "../../core/graph.js";
import { builtinNodes } from "../../nodes/index.js";
import { markFile } from "../record/checkpoint-files.js";
import { packageVersions } from "../record/lock-file.js";
import { weightsFile } from "../run/weights-file.js";

/** Everything that decides what a cached node gives, besides the samples themselves. */
export interface KeyParts {
  /** Whether results are kept sample by sample, or batch by batch because a node mixes samples. */
  readonly unit: "sample" | "batch";
  /** The outputs of sources that its results are computed from, in a fixed order: their contents complete the key. */
  readonly leaves: readonly PortRef[];
  /** Output ports that other nodes read. */
  readonly ports: readonly string[];
  /** By name, as `graph why` shows them; names of nodes are no part, so that renaming one changes nothing. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Why a node is not cached. */
export class NotCached extends Error {
  override readonly name = "NotCached";
}

/**
 * The parts of a node's key: types, versions, params and weights of it and of all between it and the sources, the batch, and the numeric
 * class of the backend. Throws NotCached where one of them cannot be known.
 */
export async function keyParts(graph: Graph, node: GraphNode, numeric: string): Promise<KeyParts> {
  const byName = new Map(graph.nodes.map((other) => [other.name, other]));
  const trained = new Set(
    graph.nodes.flatMap(({ inputs, def }) => (def.kind === "optimizer" ? [inputs["trains"]?.node ?? ""] : [])),
  );
  const parts: Record<string, string> = {};
  const leaves: PortRef[] = [];
  let unit: KeyParts["unit"] = "sample";
  const walk = async (at: GraphNode, path: string): Promise<void> => {
    const { def, name } = at;
    const what = `"${name}" (${def.type})`;
    // A node that is another one again works with that one's weights.
    const owner = at.again ? byName.get(at.again.node) : at;
    if ((def.kind !== "map" && def.kind !== "model") || !def.pure)
      throw new NotCached(`${what} does not declare that it is pure`);
    if (trained.has(owner?.name ?? name)) throw new NotCached(`${what} is trained by this graph`);
    if (def.pure === "batch") unit = "batch";
    parts[`${path}type`] = `${def.type}@${def.version ?? 1}`;
    if (!builtinNodes.includes(def)) parts[`${path}plugin`] = await pluginHash(graph, at);
    for (const [param, value] of Object.entries(at.params))
      if (param !== "weights") parts[`${path}params.${param}`] = await paramText(what, param, value);
    if (def.kind === "model" && def.weights(at.params, at.dims).length > 0)
      parts[`${path}weights`] = await weightsHash(what, owner?.params["weights"]);
    for (const [port, ref] of Object.entries(at.inputs).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const from = byName.get(ref.node);
      if (!from || from.def.outputs[ref.port]?.kind !== "tensor") throw new NotCached(`${what} reads the model of "${ref.node}"`);
      const below = `${path}in.${port}`;
      if (from.def.kind === "source") {
        if (!leaves.some((leaf) => leaf.node === ref.node && leaf.port === ref.port)) leaves.push(ref);
        parts[below] = `content of each ${from.def.outputs[ref.port]?.spec ?? "sample"}`;
      } else {
        parts[`${below}.port`] = ref.port;
        await walk(from, `${below}.`);
      }
    }
  };
  await walk(node, "");
  if (leaves.length === 0) throw new NotCached(`"${node.name}" reads no source`);
  parts["program"] = `raegraph ${(await packageVersions())["raegraph"] ?? "unknown"}`;
  parts["numeric class"] = numeric;
  parts["batch"] = String(node.dims["B"] ?? "unknown");
  const read = graph.nodes.flatMap(({ inputs }) => Object.values(inputs)).filter((ref) => ref.node === node.name);
  const ports = [...new Set(read.map(({ port }) => port))].filter((port) => node.def.outputs[port]?.kind === "tensor").sort();
  const whole = ports.find((port) => !node.def.outputs[port]?.spec.startsWith("f32"));
  if (whole !== undefined) throw new NotCached(`"${node.name}": its output "${whole}" holds no floats`);
  parts["ports"] = ports.join(", ");
  return { unit, leaves, ports, parts };
}

async function paramText(what: string, param: string, value: unknown): Promise<string> {
  if (typeof value !== "string" || !isAbsolute(value)) return JSON.stringify(value) ?? "undefined";
  const entry = await stat(value).catch(() => undefined);
  if (!entry?.isFile()) throw new NotCached(`${what}: the contents of ${param} (${value}) cannot be known`);
  return `sha256 ${(await markFile(value)).sha256}`;
}

/** The hash of the file or files that hold a model's weights, and of the part that is taken. */
async function weightsHash(what: string, given: unknown): Promise<string> {
  if (typeof given !== "string") throw new NotCached(`${what} has its weights from no file`);
  const { file, part } = await weightsFile(given).catch((error: unknown) => {
    throw new NotCached(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  });
  const files = file.endsWith(".index.json") ? [file, ...(await shardsOf(file))] : [file];
  const hashes = await Promise.all(files.map(async (each) => (await markFile(each)).sha256));
  return `sha256 ${hashes.join(" ")}${part === undefined ? "" : `#${part}`}`;
}

async function shardsOf(index: string): Promise<string[]> {
  const { weight_map: map } = JSON.parse(await readFile(index, "utf8")) as { weight_map?: Readonly<Record<string, string>> };
  return [...new Set(Object.values(map ?? {}))].sort().map((name) => join(dirname(index), name));
}

/** A plugin's own file is its code as far as anyone can tell; what it imports stands for itself by the version that the type must give. */
async function pluginHash(graph: Graph, { name, def }: GraphNode): Promise<string> {
  const what = `"${name}" (${def.type})`;
  if (def.version === undefined) throw new NotCached(`${what} gives no version; add version: 1 to its definition`);
  const plugin = graph.plugins?.find(({ nodes }) => nodes.includes(def));
  if (!plugin) throw new NotCached(`${what} is of no file that can be hashed`);
  return `sha256 ${(await markFile(plugin.file)).sha256}`;
}
