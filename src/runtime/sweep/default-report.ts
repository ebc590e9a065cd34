import type { ReportPlan } from "../../core/experiment.js";
import type { ReportedRun } from "../report/outcome.js";

/** Values of a metric from which on it is a curve, of which the mean of the last ones is compared. */
const curveLength = 20;
const lastValues = 100;

/** A report for a graph that plans none: every number that its runs ended with, and every loss as a curve. */
export function defaultReport(graph: string, axes: readonly string[], runs: readonly ReportedRun[]): ReportPlan {
  const lengths = new Map<string, number>();
  for (const { metrics } of runs)
    for (const [name, values] of metrics) lengths.set(name, Math.max(lengths.get(name) ?? 0, values.length));
  const names = [...lengths.keys()].filter((name) => !/\/(lr|grad_norm)$|@/.test(name));
  const grouped = new Set(
    [...lengths.keys()].filter((name) => name.includes("@")).map((name) => name.slice(0, name.indexOf("@"))),
  );
  const isCurve = (name: string): boolean => (lengths.get(name) ?? 0) >= curveLength;
  return {
    title: graph,
    ...(axes.length > 0 ? { axis: axes.join(", ") } : {}),
    measures: names.map((name) => ({ name, from: name, ...(isCurve(name) ? { last: lastValues } : {}) })),
    curves: names.filter(isCurve),
    series: [...grouped].map((name) => ({ name, from: name, axis: "point" })),
    pictures: [],
    claims: [],
    notes: [],
  };
}
