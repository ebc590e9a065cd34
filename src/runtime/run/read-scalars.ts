import { numbersOf } from "./step-result.js";
import type { Scalar } from "./step-result.js";

/** What an optimizer's scalars say of one step. */
export interface StepScalars {
  /** Updates in the step. */
  readonly updates: number;
  /** The mean of each over the updates. */
  readonly means: readonly (readonly [name: string, value: number])[];
  /** The first that is NaN or infinite, and how many updates have such. */
  readonly bad: readonly [name: string, value: number] | undefined;
  readonly badUpdates: number;
}

/** Reads an optimizer's scalars, each a number for every update of the step. */
export async function readScalars(scalars: Readonly<Record<string, Scalar>>): Promise<StepScalars> {
  const read = await Promise.all(
    Object.entries(scalars).map(async ([name, scalar]) => [name, Array.from(await numbersOf(scalar))] as const),
  );
  const updates = read[0]?.[1].length ?? 0;
  const rows = Array.from({ length: updates }, (_, i) => read.map(([name, values]) => [name, values[i] ?? NaN] as const));
  const isBad = ([, value]: readonly [string, number]): boolean => !Number.isFinite(value);
  return {
    updates,
    means: read.map(([name, values]) => [name, values.reduce((sum, value) => sum + value, 0) / updates]),
    bad: rows.flat().find(isBad),
    badUpdates: rows.filter((row) => row.some(isBad)).length,
  };
}
