import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors, writeSafetensors } from "../../nodes/files/safetensors.js";
import type { CapturedStep, Place } from "./capture.js";

/** Steps of the first run on disk, so that long comparisons need little memory. */
export interface StepFiles {
  readonly folder: string;
  add(step: CapturedStep): Promise<void>;
  /** The step of this number, counted from 0 over all phases; undefined behind the last. */
  read(index: number): Promise<CapturedStep | undefined>;
  remove(): Promise<void>;
}

/** Makes a temporary folder for steps. */
export async function openStepFiles(): Promise<StepFiles> {
  const folder = await mkdtemp(join(tmpdir(), "raegraph-verify-"));
  const steps: { readonly phase: string; readonly step: number; readonly places: readonly Place[] }[] = [];
  const fileOf = (index: number): string => join(folder, `${index}.safetensors`);
  return {
    folder,
    async add({ phase, step, arrays }) {
      const index = steps.push({ phase, step, places: arrays.map(([place]) => place) }) - 1;
      await writeSafetensors(fileOf(index), new Map(arrays.map(([, array], i) => [String(i), array])));
    },
    async read(index) {
      const known = steps[index];
      if (!known) return undefined;
      const { phase, step, places } = known;
      const arrays = await readSafetensors(fileOf(index));
      return {
        phase,
        step,
        arrays: places.map((place, i) => {
          const array = arrays.get(String(i));
          if (!array) throw new Error(`${fileOf(index)} lost its array ${i}`);
          return [place, array] as const;
        }),
      };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
