import "reflect-metadata";
import { Container } from "inversify";
import type { ServiceIdentifier } from "inversify";
import type { ComputeBackend } from "../core/define-backend.js";
import type { Graph } from "../core/graph.js";
import { cachePlace } from "./cache/cache-place.js";
import { diskCache } from "./cache/disk-cache.js";
import { backendsOf } from "./plugins/backends-of.js";
import { quietProgress } from "./progress/quiet.js";
import { openFolderRecorder } from "./record/folder-recorder.js";
import type { FolderRecording } from "./record/folder-recorder.js";
import type { NodeCache } from "./run/node-cache.js";
import type { ProgressView } from "./run/progress-view.js";
import type { Recorder } from "./run/recorder.js";
import type { RunOptions } from "./run-options.js";

export type { Container };

/** Opens the record of a run in its folder. */
export type OpenRecorder = (recording: FolderRecording) => Promise<Recorder>;

/** The parts of a run that can be exchanged. */
export const parts = {
  graph: id<Graph>("graph"),
  options: id<RunOptions>("options"),
  backends: id<readonly ComputeBackend[]>("backends"),
  openRecorder: id<OpenRecorder>("openRecorder"),
  progress: id<ProgressView>("progress"),
  signal: id<AbortSignal>("signal"),
  /** Keeps results of nodes that say `cache: disk`. */
  cache: id<NodeCache>("cache"),
  /** Date and time, for names and records. */
  clock: id<() => Date>("clock"),
  /** Folder of all runs. */
  runsFolder: id<string>("runsFolder"),
};

/** Binds a run's parts: the built-in backends, the run folder, the system's clock, no progress. Callers rebind what they want otherwise. */
export function runContainer(graph: Graph, options: RunOptions): Container {
  const container = new Container();
  container.bind(parts.graph).toConstantValue(graph);
  container.bind(parts.options).toConstantValue(options);
  container.bind(parts.backends).toConstantValue(backendsOf(graph));
  container.bind(parts.openRecorder).toConstantValue(openFolderRecorder);
  container.bind(parts.progress).toDynamicValue(quietProgress);
  container.bind(parts.signal).toConstantValue(options.signal ?? new AbortController().signal);
  container.bind(parts.cache).toDynamicValue(() => diskCache(cachePlace()));
  container.bind(parts.clock).toConstantValue(() => new Date());
  container.bind(parts.runsFolder).toConstantValue("runs");
  return container;
}

function id<T>(name: string): ServiceIdentifier<T> {
  return Symbol(name);
}
