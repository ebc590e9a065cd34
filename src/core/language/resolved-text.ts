import type { ReportPlan, Sweep } from "../experiment.js";
import type { Contract, GraphNode, Phase } from "../graph.js";
import type { Plugin } from "../plugin.js";
import type { BoundNode } from "./bind-nodes.js";
import { versionOf } from "./bind-nodes.js";
import { printYaml } from "./print.js";
import type { Comment } from "./print.js";

/** What stands above the nodes of a graph. */
export interface GraphHead {
  readonly name: string;
  readonly note?: string;
  readonly seed: number;
}

/** A checked graph as one YAML file without includes, variables and defaults to fill in; it loads to the same graph. */
export function resolvedText(
  head: GraphHead & { readonly expect?: readonly Contract[]; readonly sweep?: Sweep; readonly report?: ReportPlan },
  plugins: readonly Plugin[],
  nodes: readonly { readonly node: GraphNode; readonly bound: BoundNode }[],
  phases: readonly Phase[],
  comment?: Comment,
): string {
  const written = nodes.map(({ node, bound }): [string, unknown] => [
    node.name,
    {
      ...(node.again
        ? { again: `${node.again.node}${node.again.variant ? `@${node.again.variant}` : ""}`, note: bound.draft.note }
        : {
            type: `${node.def.type}@${versionOf(node.def)}`,
            note: bound.draft.note,
            params: orNothing(withDefaults(bound.params?.plain.data ?? {}, node.params)),
          }),
      from: node.from,
      updates: node.updates,
      cache: node.cache,
      in: orNothing(
        Object.fromEntries(
          Object.entries(node.inputs).map(([port, ref]) => [
            port,
            `${ref.node}.${ref.port}${ref.variant ? `@${ref.variant}` : ""}`,
          ]),
        ),
      ),
    },
  ]);
  const loops = phases.map(({ name, run, log, ...rest }): [string, unknown] => [
    name,
    { run, log: log?.map(({ node, port }) => `${node}.${port}`), ...rest },
  ]);
  return printYaml(
    {
      name: head.name,
      note: head.note,
      seed: head.seed,
      // A path is written whole, a package by its name: the text may come to lie in another folder.
      plugins: plugins.length > 0 ? plugins.map(({ name, file, version }) => (version === undefined ? file : name)) : undefined,
      nodes: Object.fromEntries(written),
      expect:
        head.expect &&
        Object.fromEntries(head.expect.map(({ edge, finite, range }) => [`${edge.node}.${edge.port}`, { finite, range }])),
      phases: orNothing(Object.fromEntries(loops)),
      sweep: head.sweep && {
        over: orNothing(Object.fromEntries(head.sweep.axes.map(({ path, values, sets }) => [path, sets ?? values]))),
        seeds: head.sweep.seeds,
      },
      report: head.report,
    },
    comment,
  );
}

/** What was written, completed by what the schema added: a schema that transforms must get its own input again. */
function withDefaults(written: unknown, parsed: unknown): unknown {
  if (!isRecord(written) || !isRecord(parsed)) return written === undefined ? parsed : written;
  const added = Object.entries(parsed).filter(([key, value]) => !Object.hasOwn(written, key) && value !== undefined);
  const kept = Object.entries(written).map(([key, value]): [string, unknown] => [key, withDefaults(value, parsed[key])]);
  return Object.fromEntries([...kept, ...added]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function orNothing(value: unknown): unknown {
  return isRecord(value) && Object.keys(value).length === 0 ? undefined : value;
}
