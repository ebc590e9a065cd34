import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ReportedRun } from "../report/outcome.js";

/** The metrics of a run by `phase/metric`, values in order of their steps; what is no finite number is left out. */
export async function readMetrics(run: string): Promise<ReportedRun["metrics"]> {
  const metrics = new Map<string, { step: number; value: number }[]>();
  const lines = createInterface({ input: createReadStream(join(run, "metrics.jsonl")), crlfDelay: Infinity });
  for await (const line of lines) {
    const metric = parseMetric(line);
    if (!metric) continue;
    const values = metrics.get(metric.name) ?? [];
    metrics.set(metric.name, values);
    values.push(metric);
  }
  return metrics;
}

function parseMetric(line: string): { name: string; step: number; value: number } | undefined {
  try {
    const { name, step, value } = JSON.parse(line) as Record<string, unknown>;
    return typeof name === "string" && typeof step === "number" && typeof value === "number" ? { name, step, value } : undefined;
  } catch {
    return undefined;
  }
}
