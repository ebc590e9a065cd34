import type { NodeDef } from "../define-node.js";
import type { Graph, GraphNode } from "../graph.js";
import { bindNodes } from "./bind-nodes.js";
import { buildEdges, buildNode } from "./build-node.js";
import { checkInputs } from "./check-inputs.js";
import { checkPhases } from "./check-phases.js";
import { checkTypes } from "./check-types.js";
import { connect } from "./connect.js";
import { expandFile } from "./expand.js";
import type { Expansion } from "./expansion.js";
import { groupBy } from "./group-by.js";
import { inspectNodes } from "./inspect-nodes.js";
import { limits } from "./limits.js";
import { createFileLoader } from "./load-file.js";
import { orderNodes } from "./order-nodes.js";
import { overrideFile, parseOverrides } from "./override-text.js";
import { probeNodes } from "./probe-nodes.js";
import { createProblems } from "./problems.js";
import { readHead } from "./read-head.js";
import { resolvedText } from "./resolved-text.js";

/** What to check, and how to reach files: the language itself touches none. */
export interface GraphInput {
  /** Absolute path of the graph file. */
  readonly file: string;
  readonly registry: ReadonlyMap<string, NodeDef>;
  readonly overrides?: readonly string[];
  /** Reads a text file; throws if missing. */
  readonly read: (path: string) => Promise<string>;
  /** Resolves a relative path against the folder of a file. */
  readonly resolve: (fromFile: string, path: string) => string;
  /** Base of relative paths in overrides (the current directory), as a file inside it. */
  readonly overridesFrom: string;
  /** A last look at a node whose sizes are known; what it throws becomes a problem at the node's `weights` param. */
  readonly inspect?: (node: GraphNode) => Promise<void>;
}

/** Reads and checks a graph with everything that it includes. Throws a GraphError with all that is wrong. */
export async function checkGraph(input: GraphInput): Promise<Graph> {
  const problems = createProblems();
  const sources = new Map<string, string>();
  const texts = input.overrides ?? [];
  const loader = createFileLoader(input.read, sources, problems);
  const resolve = (from: string, path: string): string => input.resolve(from === overrideFile ? input.overridesFrom : from, path);
  const withOverrides = (): ReadonlyMap<string, string> => new Map([...sources, [overrideFile, texts.join("\n")]]);

  const table = await loader.load(input.file, input.file);
  const overrides = parseOverrides(texts, problems);
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
    includes: [],
    names: new Map(),
    expand: (part) => expandFile(part, expansion),
  };
  const expanded = await expansion.expand({ table, prefix: "", chain: [input.file], overrides });
  const head = readHead(expanded, problems);
  const bound = await bindNodes(expansion.nodes, input.registry, resolve, problems);
  const connections = connect(bound, expansion.includes, problems);
  const byName = new Map(bound.map((node) => [node.draft.name, node]));
  const order = orderNodes([...byName.keys()], connections, problems);
  const ordered = order.flatMap((name) => byName.get(name) ?? []);
  const probed = await probeNodes(bound, problems);
  const types = checkTypes({ ordered, includes: expansion.includes, connections, probed }, problems);
  checkInputs(bound, types, connections, problems);
  const phases = checkPhases(expanded.fields.get("phases")?.value, bound, problems);

  const reads = groupBy(
    connections.filter(({ declared }) => !declared),
    ({ to }) => to,
  );
  const nodes = ordered.flatMap((node) => buildNode(node, types.get(node.draft.name), reads.get(node.draft.name) ?? []));
  if (input.inspect) await inspectNodes(nodes, types, input.inspect, problems);
  problems.throwIfAny(withOverrides());

  const edges = nodes.flatMap(({ node }) => buildEdges(node, types));
  const resolved = resolvedText(head, nodes, phases);
  return { ...head, file: input.file, nodes: nodes.map(({ node }) => node), edges, phases, resolved, sources };
}
