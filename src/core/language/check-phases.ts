import type { Phase } from "../graph.js";
import type { Span } from "../problem.js";
import type { BoundNode } from "./bind-nodes.js";
import { checkRelations } from "./check-relations.js";
import { asInteger, asList, asTable, asText, checkName, readFields, reportMissing } from "./fields.js";
import { phaseKeys } from "./keys.js";
import type { PlacedPhase } from "./placed-phase.js";
import type { Problems } from "./problems.js";
import { readLog } from "./read-log.js";
import type { Wiring } from "./read-log.js";
import type { Entry, Table, Value } from "./value.js";
import { entryOf } from "./value.js";
import { listing, quote, suggest } from "./words.js";

/** Steps between checkpoints, and checkpoints kept, of a training phase that does not say. */
const defaults = { checkpoint: 500, keep: 3 } as const;

/** Reads the phases. A graph without any has one, `run`, of everything that can be a target. */
export function checkPhases(value: Value | undefined, nodes: readonly BoundNode[], wiring: Wiring, problems: Problems): Phase[] {
  const byName = new Map(nodes.map((node) => [node.draft.name, node]));
  const entries = value && asTable(value, "phases", problems)?.entries;
  if (!value || entries?.length === 0) return impliedPhase(nodes);
  const placed = (entries ?? []).flatMap((entry) => readPhase(entry, byName, wiring, problems));
  checkRelations(placed, problems);
  return placed.map(({ phase }) => phase);
}

function impliedPhase(nodes: readonly BoundNode[]): Phase[] {
  const targets = nodes.filter(isTarget);
  const training = targets.some(({ def }) => def?.kind === "optimizer");
  return targets.length > 0 ? [{ name: "run", run: targets.map(({ draft }) => draft.name), ...savings(training) }] : [];
}

function savings(training: boolean): { checkpoint: number; keep: number } {
  return training ? defaults : { checkpoint: 0, keep: defaults.keep };
}

function readPhase(
  { key, keyAt, value }: Entry,
  nodes: ReadonlyMap<string, BoundNode>,
  wiring: Wiring,
  problems: Problems,
): PlacedPhase[] {
  const what = `phase ${quote(key)}`;
  const table = asTable(value, what, problems);
  if (!checkName(key, keyAt, "a phase", problems) || !table) return [];
  const fields = readFields(table, phaseKeys, what, problems);
  const run = readTargets(table, what, keyAt, nodes, problems);
  const number = (name: string, low: number): number | undefined => {
    const field = fields.get(name);
    return field && asInteger(field.value, `${what}: ${name}`, low, Number.MAX_SAFE_INTEGER, problems);
  };
  const text = (name: string): string | undefined => {
    const field = fields.get(name);
    return field && asText(field.value, `${what}: ${name}`, problems)?.value;
  };
  const optimizer = run.find((name) => nodes.get(name)?.def?.kind === "optimizer");
  const training = optimizer !== undefined;
  const given = {
    steps: number("steps", 1),
    every: number("every", 1),
    of: text("of"),
    before: text("before"),
    after: text("after"),
  };
  const saving = { checkpoint: number("checkpoint", 0), keep: number("keep", 1) };
  // A target that does not exist may have been meant as the optimizer.
  const trains = training || run.length === 0 || run.some((name) => nodes.get(name)?.def === undefined);
  const log = readLog(fields.get("log"), { what, run, trains }, wiring, nodes, problems);
  const logged = log.length > 0 ? { log } : {};
  const phase: Phase = { name: key, run, ...logged, ...defined(given), ...savings(training), ...defined(saving) };
  return [{ phase, optimizer, trains, fields, at: keyAt }];
}

function readTargets(table: Table, what: string, at: Span, nodes: ReadonlyMap<string, BoundNode>, problems: Problems): string[] {
  const targets = [...nodes.values()].filter(isTarget).map((node) => node.draft.name);
  const among =
    targets.length > 0 ? `targets of this graph: ${listing(targets)}` : "a target is a sink, a reducer or an optimizer";
  const run = entryOf(table, "run");
  if (!run) {
    const cure = `add run: [${targets[0] ?? "node"}]`;
    reportMissing(table, "run", { message: `${what} does not say what it runs`, at, cure }, problems);
    return [];
  }
  const list = asList(run.value, `${what}: run`, "write run: [node]", problems);
  if (list?.items.length === 0) problems.add("G501", `${what} runs nothing`, run.value.at, { cure: among });
  const seen = new Set<string>();
  for (const item of list?.items ?? []) {
    const name = asText(item, `${what}: run`, problems)?.value;
    if (name === undefined) continue;
    const node = nodes.get(name);
    if (!node) problems.add("G501", `${what}: no node ${quote(name)}`, item.at, suggest(name, targets, among));
    else if (node.def && !isTarget(node))
      problems.add(
        "G502",
        `${what}: node ${quote(name)} is a ${node.def.kind}, and a phase runs sinks, reducers and optimizers`,
        item.at,
        { cure: among },
      );
    else if (seen.has(name)) problems.add("G103", `${what} runs ${quote(name)} twice`, item.at);
    seen.add(name);
  }
  return [...seen];
}

function isTarget({ def }: BoundNode): boolean {
  return def?.kind === "sink" || def?.kind === "reducer" || def?.kind === "optimizer";
}

/** The entries that have a value. */
function defined<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
