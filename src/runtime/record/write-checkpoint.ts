import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeSafetensors } from "../../nodes/files/safetensors.js";
import { writeAtomic } from "../../nodes/files/write-atomic.js";
import type { Checkpoint } from "../run/recorder.js";
import { checkpointName, markFile, stepOf } from "./checkpoint-files.js";
import type { FileMark } from "./checkpoint-files.js";

/** What stands in a checkpoint's state.json besides the run's own state. */
export interface CheckpointExtras {
  /** Length of metrics.jsonl when it was written: what a resumed run keeps of it. */
  readonly metricsBytes: number;
}

/**
 * Writes `checkpoints/step-…` of a run folder: in a temporary folder, synced, renamed; then the file `latest`; then removes all but
 * the newest `keep`. A crash at any moment leaves the older checkpoints usable. Gives the new folder.
 */
export async function writeCheckpoint(
  run: string,
  checkpoint: Checkpoint,
  keep: number,
  extras: CheckpointExtras,
): Promise<string> {
  const parent = join(run, "checkpoints");
  const name = checkpointName(checkpoint.step);
  const temporary = join(parent, `.${name}.tmp`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  const files: Record<string, FileMark> = {};
  for (const [file, arrays] of checkpoint.files) {
    await writeSafetensors(join(temporary, file), arrays);
    files[file] = await markFile(join(temporary, file));
  }
  const state = { format: 1, step: checkpoint.step, files, ...extras, state: checkpoint.state };
  await writeText(join(temporary, "state.json"), `${JSON.stringify(state, undefined, 2)}\n`);
  await replaceFolder(temporary, join(parent, name));
  await writeText(join(parent, "latest"), `${name}\n`);
  await removeOld(parent, keep);
  return join(parent, name);
}

/**
 * Makes a checkpoint the newest of its run, to go on from it: newer ones are renamed to `set-aside-step-…` and stay until someone
 * removes them. Gives their new names.
 */
export async function setNewerAside(run: string, step: number): Promise<string[]> {
  const parent = join(run, "checkpoints");
  const newer = (await readdir(parent)).filter((name) => (stepOf(name) ?? 0) > step);
  for (const name of newer) {
    await rm(join(parent, `set-aside-${name}`), { recursive: true, force: true });
    await rename(join(parent, name), join(parent, `set-aside-${name}`));
  }
  await writeText(join(parent, "latest"), `${checkpointName(step)}\n`);
  return newer.map((name) => `set-aside-${name}`);
}

async function writeText(file: string, text: string): Promise<void> {
  await writeAtomic(file, [new TextEncoder().encode(text)]);
}

/** Folders cannot be renamed over each other; an older one of this name steps aside first. */
async function replaceFolder(from: string, to: string): Promise<void> {
  const aside = `${from}.old`;
  await rm(aside, { recursive: true, force: true });
  await rename(to, aside).catch(() => undefined);
  await rename(from, to);
  await rm(aside, { recursive: true, force: true });
}

async function removeOld(parent: string, keep: number): Promise<void> {
  const steps = (await readdir(parent)).flatMap((name) => stepOf(name) ?? []).sort((a, b) => b - a);
  for (const step of steps.slice(Math.max(1, keep)))
    await rm(join(parent, checkpointName(step)), { recursive: true, force: true });
}
