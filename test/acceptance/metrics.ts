import { readFile } from "node:fs/promises";
import { join } from "node:path";

interface Line {
  readonly step: number;
  readonly phase: string;
  readonly node: string;
  readonly name: string;
  readonly value: number;
}

/** Whole lines of a run's metrics in order, without their times; none before the first is written. */
export async function readMetrics(run: string): Promise<Line[]> {
  const text = await readFile(join(run, "metrics.jsonl"), "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const { step, phase, node, name, value } = JSON.parse(line) as Line;
      return { step, phase, node, name, value };
    });
}

/** The losses of a run's training, step by step. */
export async function readLosses(run: string): Promise<number[]> {
  return (await readMetrics(run)).filter(({ name }) => name === "train/loss").map(({ value }) => value);
}
