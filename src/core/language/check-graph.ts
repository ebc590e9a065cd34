import type { NodeDef } from "../define-node.js";
import type { Graph, GraphNode } from "../graph.js";
import { bindAgain } from "./bind-again.js";
import { bindNodes } from "./bind-nodes.js";
import { buildEdges, buildNode } from "./build-node.js";
import { checkAgain } from "./check-again.js";
import { checkInputs } from "./check-inputs.js";
import { checkPhases } from "./check-phases.js";
import { checkStarts } from "./check-starts.js";
import { checkTypes } from "./check-types.js";
import { connect } from "./connect.js";
import { expandFile } from "./expand.js";
import type { Expansion } from "./expansion.js";
import { groupBy } from "./group-by.js";
import { inspectNodes } from "./inspect-nodes.js";
import { limits } from "./limits.js";
import type { FileLoader } from "./load-file.js";
import { createFileLoader } from "./load-file.js";
import { loadPlugins, pluginFile, requestPlugins } from "./load-plugins.js";
import type { LoadPlugin } from "./load-plugins.js";
import { originKey, originsOf } from "./origins.js";
import type { Origin } from "./origins.js";
import { orderNodes } from "./order-nodes.js";
import { overlayOverrides } from "./overlay.js";
import type { Override } from "./override-text.js";
import { overrideFile, parseOverrides } from "./override-text.js";
import { probeNodes } from "./probe-nodes.js";
import { createProblems } from "./problems.js";
import type { Problems } from "./problems.js";
import { readExpect } from "./read-expect.js";
import { readHead } from "./read-head.js";
import { readReport } from "./read-report.js";
import { readSweep } from "./read-sweep.js";
import { resolvedText } from "./resolved-text.js";
import type { Table } from "./value.js";

/** What to check, and how to reach files: the language itself touches none. */
export interface GraphInput {
  /** Absolute path of the graph file. */
  readonly file: string;
  readonly registry: ReadonlyMap<string, NodeDef>;
  readonly overrides?: readonly string[];
  /** Reads a text file; throws if missing. */
  readonly read: (path: string) => Promise<string>;
  /** Reads a file that a `config` param names; as `read` does by default. */
  readonly readConfig?: (path: string) => Promise<string>;
  /** Resolves a relative path against the folder of a file. */
  readonly resolve: (fromFile: string, path: string) => string;
  /** Base of relative paths in overrides (the current directory), as a file inside it. */
  readonly overridesFrom: string;
  /** Graph files merged over this one, in order, before the overrides; absolute paths. */
  readonly overlays?: readonly string[];
  /** Plugins besides those that the files name: paths, relative as in overrides, or packages. */
  readonly plugins?: readonly string[];
  /** Loads a plugin; without it every plugin is refused. */
  readonly loadPlugin?: LoadPlugin;
  /** A last look at a node whose sizes are known; what it throws becomes a problem at the node's `weights` param. */
  readonly inspect?: (node: GraphNode) => Promise<void>;
}

/** Reads and checks a graph with everything that it includes. Throws a GraphError with all that is wrong. */
export async function checkGraph(input: GraphInput): Promise<Graph> {
  return (await traceGraph(input)).graph;
}

/** A checked graph, and its resolved text with a word on each value's origin. */
export interface TracedGraph {
  readonly graph: Graph;
  /** The resolved text; each value's line ends in a comment that `say` makes of its origin, undefined for a default. */
  traced(say: (origin: Origin | undefined) => string | undefined): string;
}

/** The same as `checkGraph`, and where each value of the resolved graph was written. */
export async function traceGraph(input: GraphInput): Promise<TracedGraph> {
  const problems = createProblems();
  const sources = new Map<string, string>();
  const texts = input.overrides ?? [];
  const loader = createFileLoader(input.read, sources, problems);
  const resolve = (from: string, path: string): string => input.resolve(from === overrideFile ? input.overridesFrom : from, path);
  const withOverrides = (): ReadonlyMap<string, string> =>
    new Map([...sources, [overrideFile, texts.join("\n")], [pluginFile, (input.plugins ?? []).join("\n")]]);

  const table = await loader.load(input.file, input.file);
  const overrides = parseOverrides(texts, problems);
  const overlays = table ? await readOverlays(input.overlays ?? [], table, loader, problems) : [];
  if (!table) {
    problems.throwIfAny(withOverrides());
    throw new Error(`no graph in ${input.file}`);
  }
  const expansion: Expansion = {
    problems,
    loader,
    resolve,
    growth: { left: limits.growth },
    nodes: [],
    plugins: [],
    includes: [],
    names: new Map(),
    expand: (part) => expandFile(part, expansion),
  };
  const expanded = await expansion.expand({ table, prefix: "", chain: [input.file], overrides: [...overlays, ...overrides] });
  const head = readHead(expanded, problems);
  const requests = [...requestPlugins(input.plugins ?? [], input.overridesFrom), ...expansion.plugins];
  const installed = await loadPlugins(requests, input.registry, input.loadPlugin ?? noPlugins, problems);
  const bound = bindAgain(
    await bindNodes(expansion.nodes, installed, { resolve, read: input.readConfig ?? input.read }, problems),
    problems,
  );
  const connections = connect(bound, expansion.includes, problems);
  const byName = new Map(bound.map((node) => [node.draft.name, node]));
  const order = orderNodes([...byName.keys()], connections, problems);
  const ordered = order.flatMap((name) => byName.get(name) ?? []);
  const probed = await probeNodes(bound, problems);
  const types = checkTypes({ ordered, includes: expansion.includes, connections, probed }, problems);
  checkInputs(bound, types, connections, problems);
  const phases = checkPhases(expanded.fields.get("phases")?.value, bound, { scope: expanded.scope, connections }, problems);
  checkStarts(bound, connections, phases, problems);
  const expect = readExpect(expanded.fields.get("expect"), expanded.scope, bound, problems);
  const sweep = readSweep(expanded.fields.get("sweep"), problems);
  const report = readReport(expanded.fields.get("report"), sweep, phases, [...byName.keys()], problems);

  const reads = groupBy(
    connections.filter(({ declared }) => !declared),
    ({ to }) => to,
  );
  const nodes = ordered.flatMap((node) => buildNode(node, types.get(node.draft.name), reads.get(node.draft.name) ?? []));
  if (problems.count() === 0) checkAgain(nodes, problems);
  if (input.inspect) await inspectNodes(nodes, types, input.inspect, problems);
  problems.throwIfAny(withOverrides());

  const edges = nodes.flatMap(({ node }) => buildEdges(node, types));
  const experiment = {
    ...(expect.length > 0 ? { expect } : {}),
    ...(sweep ? { sweep } : {}),
    ...(report ? { report } : {}),
  };
  const resolved = resolvedText({ ...head, ...experiment }, installed.plugins, nodes, phases);
  const graph = {
    ...head,
    ...experiment,
    file: input.file,
    nodes: nodes.map(({ node }) => node),
    edges,
    phases,
    resolved,
    sources,
    plugins: installed.plugins,
  };
  return {
    graph,
    traced(say) {
      const origins = originsOf(expanded.fields, bound);
      return resolvedText({ ...head, ...experiment }, installed.plugins, nodes, phases, (path, isMap) => {
        const origin = origins.get(originKey(path));
        return origin || !isMap ? say(origin) : undefined;
      });
    },
  };
}

const noPlugins: LoadPlugin = () => Promise.reject(new Error("plugins cannot be loaded here"));

async function readOverlays(
  files: readonly string[],
  root: Table,
  loader: FileLoader,
  problems: Problems,
): Promise<readonly Override[]> {
  const added = new Set<string>();
  const overrides: Override[] = [];
  for (const file of files) {
    const overlay = await loader.load(file, file);
    if (overlay) overrides.push(...overlayOverrides(overlay, root, added, problems));
  }
  return overrides;
}
