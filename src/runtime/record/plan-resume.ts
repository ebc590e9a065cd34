import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Graph } from "../../core/graph.js";
import { messageOf } from "../run/failure.js";
import type { CheckpointState } from "../run/recorder.js";
import { UsageError } from "../usage-error.js";
import { stepOf } from "./checkpoint-files.js";
import { compareGraphs } from "./compare-graphs.js";
import { isRunning } from "./process-mark.js";
import { findCheckpoint, readCheckpoint } from "./read-checkpoint.js";
import type { FoundCheckpoint } from "./read-checkpoint.js";
import { listRunFolders } from "./run-folder.js";
import { readStatus } from "./status-file.js";

/** How the user wants to resume. */
export interface ResumeSettings {
  /** `never`, `auto`, `must`, or the path of a run or of one of its checkpoints. */
  readonly resume: string;
  /** The run folder that the user chose. */
  readonly runDir?: string | undefined;
  /** Folder of all runs. */
  readonly base: string;
}

/** A run folder to go on in. */
export interface ResumePlan {
  readonly folder: string;
  /** Absent where the run stopped before its first checkpoint: it begins again in its folder. */
  readonly found?: FoundCheckpoint;
  /** Changes of the graph since, all of which are allowed. */
  readonly changes: readonly string[];
}

/**
 * Where a run goes on; undefined for a new run. Writes nothing. Throws a UsageError where there is nothing to go on from though
 * there must be, the run is over or still under way, or the graph is another.
 */
export async function planResume(graph: Graph, settings: ResumeSettings): Promise<ResumePlan | undefined> {
  const { resume, runDir, base } = settings;
  if (resume === "never") return undefined;
  if (resume !== "auto" && resume !== "must") return fromPath(graph, resolve(resume));
  for (const folder of runDir === undefined ? await listRunFolders(base, graph.name) : [resolve(runDir)]) {
    const status = await readStatus(folder);
    if (!status) continue;
    if (status.state === "finished") {
      if (runDir === undefined && resume === "auto") continue;
      throw finished(folder);
    }
    const found = await findCheckpoint(folder);
    if (!found && (runDir === undefined || resume === "must")) continue;
    return check(graph, folder, found);
  }
  if (resume === "auto") return undefined;
  throw new UsageError(
    `nothing to resume: no run of "${graph.name}" with a checkpoint in ${resolve(runDir ?? base)}; --resume auto starts a new one`,
  );
}

async function fromPath(graph: Graph, path: string): Promise<ResumePlan> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry?.isDirectory())
    throw new UsageError(
      `cannot resume from ${path}: no such folder; give never, auto, must, a run folder or a checkpoint folder`,
    );
  const single = stepOf(basename(path)) !== undefined;
  const folder = single ? dirname(dirname(path)) : path;
  const found = single
    ? { ...(await readCheckpoint(path).catch(refuse(path))), folder: path, warnings: [] }
    : await findCheckpoint(path);
  if (!found) throw new UsageError(`cannot resume from ${path}: it holds no checkpoint; start a new run`);
  const plan = await check(graph, folder, found);
  const over = (await readStatus(folder))?.state === "finished" && !single;
  if (over && plan.found?.checkpoint.state.done.includes(found.checkpoint.state.phase)) throw finished(folder);
  return plan;
}

function refuse(checkpoint: string): (error: unknown) => never {
  return (error) => {
    throw new UsageError(`checkpoint ${checkpoint} cannot be used: ${messageOf(error)}; give another one, or its run folder`);
  };
}

async function check(graph: Graph, folder: string, found: FoundCheckpoint | undefined): Promise<ResumePlan> {
  const status = await readStatus(folder);
  if (status?.state === "running" && (await isRunning(status.process)))
    throw new UsageError(`run ${folder} is still under way in process ${status.process.pid}; wait for it or stop it first`);
  if (!found) return { folder, changes: [] };
  const before = await readFile(join(folder, "resolved.yaml"), "utf8").catch(() => undefined);
  if (before === undefined) throw new UsageError(`cannot resume from ${folder}: its resolved.yaml is missing`);
  const { allowed, refused } = compareGraphs(before, graph.resolved);
  if (refused.length > 0)
    throw new UsageError(
      `cannot resume from ${folder}: the graph has changed\n${refused.map((line) => `  ${line}`).join("\n")}\n` +
        `undo the changes, or start a new run with --resume never`,
    );
  const { checkpoint } = found;
  return {
    folder,
    found: { ...found, checkpoint: { ...checkpoint, state: reopened(graph, checkpoint.state) } },
    changes: allowed,
  };
}

/** A phase that was over goes on where the graph now gives it more steps. */
function reopened(graph: Graph, state: CheckpointState): CheckpointState {
  const steps = graph.phases.find(({ name }) => name === state.phase)?.steps ?? 0;
  return steps > state.step ? { ...state, done: state.done.filter((name) => name !== state.phase) } : state;
}

function finished(folder: string): UsageError {
  return new UsageError(`run ${folder} is finished; give its phase more steps with --resume ${folder}, or start a new run`);
}
