import { z } from "zod";
import type { Json } from "./define-node.js";

/**
 * A parameter that a sweep varies, as overrides spell it, and its values in order. With `sets` the values are names, each of which stands
 * for several parameters, by path; `path` is then a name for the axis alone.
 */
export interface SweepAxis {
  readonly path: string;
  readonly values: readonly Json[];
  readonly sets?: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

/** The runs of an experiment: every combination of the axes' values, each with several seeds. */
export interface Sweep {
  readonly axes: readonly SweepAxis[];
  /** Runs of each combination; their seeds count up from the graph's. */
  readonly seeds: number;
}

/** Numbers by setting: the values of the axes, joined by commas where there are several. */
const bySetting = z.record(z.string(), z.number());

/** One number of each run that the report compares. */
const measure = z.strictObject({
  name: z.string().min(1).describe("short name, used in claims"),
  from: z
    .string()
    .min(1)
    .describe(
      "phase/metric, e.g. score/psnr or train/loss; graph/train.parameters, .gflops and .megabytes are known of each phase without running",
    ),
  minus: z.string().min(1).optional().describe("another metric that is taken away from it, run by run"),
  relative: z.string().min(1).optional().describe("setting by whose value, of the same seed, it is divided"),
  last: z.number().int().min(1).optional().describe("mean of the last so many values of the metric; default its last value"),
  label: z.string().min(1).optional().describe("how tables and plots name it"),
  article: bySetting.optional().describe("the article's numbers, by setting"),
  theory: bySetting.optional().describe("what theory expects, by setting"),
});

/** Lines by name, each of them y by x. */
const lines = z.record(z.string(), bySetting);

/** Metrics of one name at several points, e.g. `loss@0.1`, `loss@0.5`: one line for each setting. */
const series = z.strictObject({
  name: z.string().min(1).describe("short name, also of the plot's file"),
  from: z.string().min(1).describe("phase/metric up to the @, e.g. score/psnr for score/psnr@0.5"),
  label: z.string().min(1).optional().describe("how tables and plots name the value"),
  axis: z.string().min(1).describe("what the numbers after the @ are"),
  article: lines.optional().describe("the article's numbers: lines by name, each of them value by point"),
  theory: lines.optional().describe("what theory expects, likewise"),
});

/** Pictures that runs wrote, one of each setting. */
const picture = z.strictObject({
  node: z.string().min(1).describe("node that wrote it below samples/, e.g. an out.image_grid"),
  label: z.string().min(1).describe("what it shows"),
});

/** A sentence that the runs support or not: a measure of one setting against another's, or against a number. */
const claim = z.strictObject({
  text: z.string().min(1).describe("what is claimed"),
  measure: z.string().min(1).describe("name of a measure"),
  of: z.string().min(1).describe("setting that the claim is about"),
  against: z
    .union([z.string().min(1), z.strictObject({ number: z.number() })])
    .describe("setting that it is compared with, or { number: 0.5 }"),
  expect: z.enum(["lower", "higher"]).describe("which way the measure should differ"),
  note: z.string().min(1).optional().describe("what to think of the comparison itself"),
});

/** The schema of `report:` in a graph file. */
export const reportSchema = z.strictObject({
  title: z.string().min(1).describe("heading"),
  about: z.string().min(1).optional().describe("what is tested and how"),
  axis: z.string().min(1).optional().describe("how plots name the varied parameter"),
  measures: z.array(measure).min(1).describe("numbers to compare"),
  series: z.array(series).default([]).describe("values at several points, one line for each setting"),
  pictures: z.array(picture).default([]).describe("pictures to show, of the first seed of each setting"),
  curves: z.array(z.string().min(1)).default([]).describe("metrics to draw over the steps, phase/metric"),
  claims: z.array(claim).default([]).describe("what the runs shall show"),
  notes: z.array(z.string().min(1)).default([]).describe("what a reader must know to judge the numbers"),
});

/** What the report of an experiment says. */
export type ReportPlan = z.output<typeof reportSchema>;
export type Measure = ReportPlan["measures"][number];
export type Claim = ReportPlan["claims"][number];
export type Series = ReportPlan["series"][number];

/** A value of an axis as reports, folders and `article` keys spell it. */
export function settingText(values: readonly Json[]): string {
  return values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(",");
}
