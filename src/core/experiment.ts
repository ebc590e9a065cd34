import { z } from "zod";
import type { Json } from "./define-node.js";

/** A parameter that a sweep varies, as overrides spell it, and its values in order. */
export interface SweepAxis {
  readonly path: string;
  readonly values: readonly Json[];
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
  from: z.string().min(1).describe("phase/metric, e.g. score/psnr or train/loss"),
  last: z.number().int().min(1).optional().describe("mean of the last so many values of the metric; default its last value"),
  label: z.string().min(1).optional().describe("how tables and plots name it"),
  article: bySetting.optional().describe("the article's numbers, by setting"),
  theory: bySetting.optional().describe("what theory expects, by setting"),
});

/** A sentence that the runs support or not: a measure of one setting against another's. */
const claim = z.strictObject({
  text: z.string().min(1).describe("what is claimed"),
  measure: z.string().min(1).describe("name of a measure"),
  of: z.string().min(1).describe("setting that the claim is about"),
  against: z.string().min(1).describe("setting that it is compared with"),
  expect: z.enum(["lower", "higher"]).describe("which way the measure should differ"),
  note: z.string().min(1).optional().describe("what to think of the comparison itself"),
});

/** The schema of `report:` in a graph file. */
export const reportSchema = z.strictObject({
  title: z.string().min(1).describe("heading"),
  about: z.string().min(1).optional().describe("what is tested and how"),
  axis: z.string().min(1).optional().describe("how plots name the varied parameter"),
  measures: z.array(measure).min(1).describe("numbers to compare"),
  curves: z.array(z.string().min(1)).default([]).describe("metrics to draw over the steps, phase/metric"),
  claims: z.array(claim).default([]).describe("what the runs shall show"),
  notes: z.array(z.string().min(1)).default([]).describe("what a reader must know to judge the numbers"),
});

/** What the report of an experiment says. */
export type ReportPlan = z.output<typeof reportSchema>;
export type Measure = ReportPlan["measures"][number];
export type Claim = ReportPlan["claims"][number];

/** A value of an axis as reports, folders and `article` keys spell it. */
export function settingText(values: readonly Json[]): string {
  return values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(",");
}
