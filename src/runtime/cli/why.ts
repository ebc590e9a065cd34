import { backendsOf } from "../plugins/backends-of.js";
import { chooseBackend, checkPrecision } from "../choose-backend.js";
import { loadGraph } from "../load-graph.js";
import { explainKey } from "../cache/explain-key.js";
import type { KeyReport } from "../cache/explain-key.js";
import { table } from "../text.js";
import { UsageError } from "../usage-error.js";
import { exitCodes } from "./exit-codes.js";
import { graphOptions } from "./graph-flags.js";
import type { BenchFlags } from "./bench.js";
import { reportProblems } from "./report-problems.js";

/** Flags of `graph why`. */
export type WhyFlags = Pick<BenchFlags, "backend" | "precision" | "threads" | "json" | "stack" | "overlay" | "plugin">;

/** `graph why`: the parts of a node's cache key, and which of them differ from what is stored; gives the exit code. */
export async function whyVerb(file: string, node: string, overrides: readonly string[], flags: WhyFlags): Promise<number> {
  try {
    const graph = await loadGraph(file, graphOptions(overrides, flags));
    const found = graph.nodes.find(({ name }) => name === node);
    if (!found)
      throw new UsageError(`no node "${node}" in ${file}; its nodes are ${graph.nodes.map(({ name }) => name).join(", ")}`);
    const { backend } = await chooseBackend(backendsOf(graph), flags.backend);
    const device = await backend.open({ precision: checkPrecision(backend, flags.precision), threads: flags.threads });
    const numeric = device.info;
    await device.close();
    const report = await explainKey(graph, found, numeric);
    process.stdout.write(flags.json ? `${JSON.stringify(report, undefined, 2)}\n` : `${asText(report, node)}\n`);
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error, flags);
  }
}

function asText(report: KeyReport, node: string): string {
  const { cached, reason, parts, stored, other } = report;
  if (reason !== undefined) return `${node} is not cached: ${reason}`;
  const rows = parts.map(({ name, value, was, state }) => [
    name,
    short(value),
    state,
    state === "changed" ? `was ${short(was ?? "nothing")}` : "",
  ]);
  return [
    cached ? `${node} is cached` : `${node} could be cached; add cache: disk`,
    table(rows),
    stored > 0
      ? `${stored} samples are stored under this key`
      : other === undefined
        ? "nothing is stored for this node yet"
        : `nothing is stored under this key; the newest other key of this node holds ${other} samples`,
  ].join("\n");
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
