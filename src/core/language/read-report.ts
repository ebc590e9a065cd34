import { reportSchema, settingText } from "../experiment.js";
import type { ReportPlan, Sweep } from "../experiment.js";
import type { Phase } from "../graph.js";
import { asTable } from "./fields.js";
import type { Problems } from "./problems.js";
import { plainValue } from "./read-sweep.js";
import { describe, schemaAt, shapeOf } from "./schema.js";
import type { Entry, Value } from "./value.js";
import { entryOf, isBroken } from "./value.js";
import { listing, quote, suggest } from "./words.js";

/** Reads `report`; mistakes are reported at the key or value that they are in, and undefined stands for no report. */
export function readReport(
  entry: Entry | undefined,
  sweep: Sweep | undefined,
  phases: readonly Phase[],
  nodes: readonly string[],
  problems: Problems,
): ReportPlan | undefined {
  const table = entry && asTable(entry.value, "report", problems);
  if (!table || isBroken(table)) return undefined;
  const parsed = reportSchema.safeParse(plainValue(table));
  for (const issue of parsed.error?.issues ?? []) {
    const name = ["report", ...issue.path].join(".");
    if (issue.code === "unrecognized_keys") {
      const schema = schemaAt(reportSchema, issue.path);
      const known = Object.keys((schema && shapeOf(schema)?.shape) ?? reportSchema.shape);
      for (const key of issue.keys)
        problems.add("G104", `${name}: unknown key ${quote(key)}`, placeOf(table, [...issue.path, key], entry, "key"), {
          ...suggest(key, known, `keys here: ${listing(known, 12)}`),
        });
      continue;
    }
    const schema = schemaAt(reportSchema, issue.path);
    const expected = schema && describe(schema);
    problems.add("G203", `${name} expects ${expected ?? "another value"}: ${issue.message}`, placeOf(table, issue.path, entry));
  }
  if (!parsed.success) return undefined;
  checkNames(parsed.data, table, entry, sweep, phases, nodes, problems);
  return parsed.data;
}

/** Claims must name measures and settings that there are, measures and series phases, pictures nodes. */
function checkNames(
  plan: ReportPlan,
  table: Value,
  entry: Entry,
  sweep: Sweep | undefined,
  phases: readonly Phase[],
  nodes: readonly string[],
  problems: Problems,
): void {
  const names = plan.measures.map(({ name }) => name);
  const settings = settingsOf(sweep);
  const known = phases.map(({ name }) => name);
  for (const group of ["measures", "series"] as const)
    for (const [i, { from }] of plan[group].entries()) {
      const [phase = ""] = from.split("/");
      if (known.includes(phase) || (phase === "graph" && group === "measures")) continue;
      problems.add(
        "G501",
        `report.${group}.${i}.from: no phase ${quote(phase)}`,
        placeOf(table, [group, i, "from"], entry),
        suggest(phase, known, `phases: ${listing(known, 12)}`),
      );
    }
  for (const [i, { relative }] of plan.measures.entries())
    if (relative !== undefined && !settings.includes(relative))
      problems.add(
        "G203",
        `report.measures.${i}.relative: the sweep has no setting ${quote(relative)}`,
        placeOf(table, ["measures", i, "relative"], entry),
        suggest(relative, settings, `settings: ${listing(settings, 12)}`),
      );
  for (const [i, { node }] of plan.pictures.entries())
    if (!nodes.includes(node))
      problems.add(
        "G501",
        `report.pictures.${i}.node: no node ${quote(node)}`,
        placeOf(table, ["pictures", i, "node"], entry),
        suggest(node, nodes, `nodes: ${listing(nodes, 12)}`),
      );
  for (const [i, claim] of plan.claims.entries()) {
    if (!names.includes(claim.measure))
      problems.add(
        "G203",
        `report.claims.${i}.measure: no measure ${quote(claim.measure)}`,
        placeOf(table, ["claims", i, "measure"], entry),
        {
          ...suggest(claim.measure, names, `measures: ${listing(names, 12)}`),
        },
      );
    for (const side of ["of", "against"] as const) {
      const setting = claim[side];
      if (typeof setting === "string" && !settings.includes(setting))
        problems.add(
          "G203",
          `report.claims.${i}.${side}: the sweep has no setting ${quote(setting)}`,
          placeOf(table, ["claims", i, side], entry),
          suggest(setting, settings, `settings: ${listing(settings, 12)}`),
        );
    }
  }
}

/** Every combination of the axes' values, as text. */
function settingsOf(sweep: Sweep | undefined): string[] {
  const rows = (sweep?.axes ?? []).reduce<readonly (readonly string[])[]>(
    (rows, { values }) => rows.flatMap((row) => values.map((value) => [...row, settingText([value])])),
    [[]],
  );
  return rows.map((row) => row.join(","));
}

function placeOf(table: Value, path: readonly PropertyKey[], entry: Entry, which: "key" | "value" = "value"): Entry["keyAt"] {
  let value = table;
  let at = entry.keyAt;
  for (const [i, step] of path.entries()) {
    const inner: Entry | undefined = value.kind === "table" ? entryOf(value, String(step)) : undefined;
    const next: Value | undefined = value.kind === "list" ? value.items[Number(step)] : inner?.value;
    if (!next) return at;
    at = which === "key" && i === path.length - 1 && inner ? inner.keyAt : next.at;
    value = next;
  }
  return at;
}
