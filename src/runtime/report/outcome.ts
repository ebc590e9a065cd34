import type { Claim, Measure, ReportPlan, Series } from "../../core/experiment.js";
import { estimate, pairedDifference } from "./statistics.js";
import type { Estimate } from "./statistics.js";

/** A finished run of an experiment, with what a report reads of it. */
export interface ReportedRun {
  /** The values of the axes, as text. */
  readonly setting: string;
  readonly seed: number;
  readonly folder: string;
  /** Values of a metric in order of their steps, by `phase/metric`. */
  readonly metrics: ReadonlyMap<string, readonly { readonly step: number; readonly value: number }[]>;
}

/** A measure of one setting: the mean over its seeds beside what others say. */
export interface Cell {
  readonly setting: string;
  readonly value: Estimate;
  readonly article: number | undefined;
  readonly theory: number | undefined;
}

/** What became of a claim. */
export interface Verdict {
  readonly claim: Claim;
  /** Of the claim's setting above the other, pair by pair of equal seeds, or above a number. */
  readonly difference: Estimate;
  /** The mean of what it is compared with. */
  readonly base: number;
  readonly holds: "yes" | "no" | "unclear";
  /** One sentence. */
  readonly text: string;
}

/** Each measure of each setting, in the order of the settings. */
export function cellsOf(measure: Measure, settings: readonly string[], runs: readonly ReportedRun[]): Cell[] {
  return settings.map((setting) => ({
    setting,
    value: estimate([...bySeed(measure, setting, runs).values()]),
    article: measure.article?.[setting],
    theory: measure.theory?.[setting],
  }));
}

/** Judges every claim of a plan by paired differences over seeds: it holds where the 95% interval lies on the expected side of zero. */
export function judge(plan: ReportPlan, runs: readonly ReportedRun[]): Verdict[] {
  return plan.claims.flatMap((claim) => {
    const measure = plan.measures.find(({ name }) => name === claim.measure);
    if (!measure) return [];
    const values = bySeed(measure, claim.of, runs);
    const { against } = claim;
    const others =
      typeof against === "string"
        ? bySeed(measure, against, runs)
        : new Map([...values.keys()].map((seed) => [seed, against.number]));
    const difference = pairedDifference(values, others);
    return [{ claim, difference, base: estimate([...others.values()]).mean, ...verdictOf(claim, difference) }];
  });
}

function verdictOf(claim: Claim, { mean, half, count }: Estimate): Pick<Verdict, "holds" | "text"> {
  const what = typeof claim.against === "string" ? "pair" : "run";
  const pairs =
    what === "pair" ? `${count} ${count === 1 ? "pair" : "pairs"} of runs` : `${count} ${count === 1 ? "run" : "runs"}`;
  if (count === 0 || Number.isNaN(mean)) return { holds: "unclear", text: "no pair of runs measured it" };
  if (half === undefined) return { holds: "unclear", text: `${pairs}: no interval; run more seeds` };
  const signed = claim.expect === "lower" ? -mean : mean;
  if (signed - half > 0) return { holds: "yes", text: `holds: the interval of ${pairs} excludes zero` };
  if (signed + half < 0)
    return { holds: "no", text: `does not hold: ${pairs} show the opposite, and the interval excludes zero` };
  return { holds: "unclear", text: `not shown: the interval of ${pairs} contains zero` };
}

/** A value at a point of a series. */
export interface SeriesPoint {
  readonly x: number;
  readonly value: Estimate;
}

/** The lines of a series: for each setting the points that its runs measured, in order, mean over seeds. */
export function linesOf({ from }: Series, settings: readonly string[], runs: readonly ReportedRun[]): Map<string, SeriesPoint[]> {
  const start = `${from}@`;
  const points = new Set(runs.flatMap(({ metrics }) => [...metrics.keys()]).filter((name) => name.startsWith(start)));
  const xs = [...points].map((name) => ({ name, x: Number(name.slice(start.length)) })).filter(({ x }) => !Number.isNaN(x));
  const sorted = xs.sort((a, b) => a.x - b.x);
  return new Map(
    settings.map((setting) => [
      setting,
      sorted.map(({ name, x }) => ({ x, value: estimate([...bySeed({ name, from: name }, setting, runs).values()]) })),
    ]),
  );
}

function bySeed(measure: Measure, setting: string, runs: readonly ReportedRun[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const run of runs.filter((other) => other.setting === setting)) {
    const value = valueOf(measure, run);
    const base = measure.relative === undefined ? 1 : baseOf(measure, measure.relative, run.seed, runs);
    if (value !== undefined && base !== undefined) found.set(run.seed, value / base);
  }
  return found;
}

function baseOf(measure: Measure, setting: string, seed: number, runs: readonly ReportedRun[]): number | undefined {
  const run = runs.find((other) => other.setting === setting && other.seed === seed);
  return run && valueOf(measure, run);
}

function valueOf({ from, minus, last }: Measure, run: ReportedRun): number | undefined {
  const value = lastMean(run, from, last);
  const taken = minus === undefined ? 0 : lastMean(run, minus, last);
  return value === undefined || taken === undefined ? undefined : value - taken;
}

/** The mean of the last values of a metric; undefined where the run has none. */
function lastMean(run: ReportedRun, metric: string, last = 1): number | undefined {
  const values = (run.metrics.get(metric) ?? []).slice(-last);
  return values.length === 0 ? undefined : values.reduce((sum, { value }) => sum + value, 0) / values.length;
}

/** A curve's mean over seeds in at most `points` equal parts of its steps; parts are averaged, which also smooths. */
export function meanCurve(
  metric: string,
  setting: string,
  runs: readonly ReportedRun[],
  points = 100,
): { readonly x: number; readonly y: number }[] {
  const rows = runs.flatMap((run) => (run.setting === setting ? (run.metrics.get(metric) ?? []) : []));
  const last = Math.max(0, ...rows.map(({ step }) => step));
  const width = Math.max(1, Math.ceil(last / points));
  const sums = new Map<number, { sum: number; steps: number; count: number }>();
  for (const { step, value } of rows) {
    const part = Math.floor((step - 1) / width);
    const known = sums.get(part) ?? { sum: 0, steps: 0, count: 0 };
    sums.set(part, { sum: known.sum + value, steps: known.steps + step, count: known.count + 1 });
  }
  return [...sums].sort(([a], [b]) => a - b).map(([, { sum, steps, count }]) => ({ x: steps / count, y: sum / count }));
}
