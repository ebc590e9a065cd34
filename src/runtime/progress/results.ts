import type { Phase } from "../../core/graph.js";
import type { Results } from "../run/recorder.js";
import { shortNumber } from "./numbers.js";

/** One line of the results: which phase or phases, which metric, what came out. */
export type ResultRow = readonly [phases: string, metric: string, text: string];

/**
 * What the phases measured. Where a phase before a training and one after it (or within it) measured the same, both stand in one
 * line with the change: `1.99 -> 0.63 (-68%)`.
 */
export function resultRows(phases: readonly Phase[], results: Results): ResultRow[] {
  const used = new Set<string>();
  const rows: ResultRow[] = [];
  for (const before of phases.filter((phase) => phase.before !== undefined)) {
    const others = phases.filter(({ after }) => after === before.before);
    const nested = phases.filter(({ of }) => of === before.before);
    for (const [metric, was] of Object.entries(results[before.name] ?? {})) {
      const after = [...others, ...nested].find(({ name }) => results[name]?.[metric] !== undefined);
      const is = after && results[after.name]?.[metric];
      if (after === undefined || is === undefined) continue;
      used.add(`${before.name}\n${metric}`).add(`${after.name}\n${metric}`);
      rows.push([
        `${before.name} -> ${after.name}`,
        metric,
        `${shortNumber(was)} -> ${shortNumber(is)}${change(metric, was, is)}`,
      ]);
    }
  }
  for (const [phase, metrics] of Object.entries(results))
    for (const [metric, value] of Object.entries(metrics))
      if (!used.has(`${phase}\n${metric}`)) rows.push([phase, metric, shortNumber(value)]);
  return rows;
}

/** Distances are told as a factor, other numbers in percent. */
function change(metric: string, was: number, is: number): string {
  if (!(was > 0 && is > 0)) return "";
  if (/(^|\/)(frechet|fid)/.test(metric)) {
    const factor = (larger: number, smaller: number, word: string): string =>
      ` (${Number((larger / smaller).toPrecision(2))}x ${word})`;
    return is <= was ? factor(was, is, "lower") : factor(is, was, "higher");
  }
  const percent = Math.round((is / was - 1) * 100);
  return ` (${percent > 0 ? "+" : percent < 0 ? "-" : ""}${Math.abs(percent)}%)`;
}
