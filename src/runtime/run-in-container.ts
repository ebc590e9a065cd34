import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Graph } from "../core/graph.js";
import { checkLimits } from "./check-limits.js";
import { checkPrecision, chooseBackend } from "./choose-backend.js";
import { parts } from "./container.js";
import type { Container } from "./container.js";
import { addProbes } from "./observe/add-probes.js";
import { contractProbes } from "./observe/contracts.js";
import { peekProbes } from "./observe/peeks.js";
import { watchStalls } from "./observe/stall-report.js";
import { openTrace } from "./observe/trace-file.js";
import { partOf } from "./partial.js";
import { planResume } from "./record/plan-resume.js";
import { checkGivenFolder, makeRunFolder } from "./record/run-folder.js";
import { makeActivity } from "./run/activity.js";
import type { Recorder } from "./run/recorder.js";
import { executeGraph } from "./run/run-graph.js";
import type { RunResult } from "./run/run-graph.js";
import { smokeGraph } from "./smoke.js";

/**
 * Runs the graph of a container. Everything that can be wrong beforehand (backend, resume, folder) is looked at before anything is
 * written. Throws a UsageError then, and a RunFailure for what goes wrong later.
 */
export async function runInContainer(container: Container): Promise<RunResult> {
  const { smoke, part = {} } = container.get(parts.options);
  const graph = partOf(container.get(parts.graph), part);
  if (!smoke) return run(container, graph);
  const temporary = await mkdtemp(join(tmpdir(), "raegraph-smoke-"));
  try {
    return await run(container, smokeGraph(graph, join(temporary, "files")), join(temporary, "run"));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function run(container: Container, graph: Graph, temporary?: string): Promise<RunResult> {
  const options = container.get(parts.options);
  const progress = container.get(parts.progress);
  const clock = container.get(parts.clock);
  const base = container.get(parts.runsFolder);
  const runDir = options.runDir === undefined ? temporary : resolve(options.runDir);
  const { backend, lines } = await chooseBackend(container.get(parts.backends), options.backend ?? "auto");
  await checkLimits(graph, backend);
  const precision = checkPrecision(backend, options.precision ?? "fp32");
  const resume = await planResume(graph, { resume: options.resume ?? "never", runDir, base });
  if (!resume && runDir !== undefined) await checkGivenFolder(runDir);
  const watched = addProbes(graph, [...contractProbes(graph), ...peekProbes(graph, options.peek ?? [])]);
  for (const line of lines) progress.note(line);
  for (const line of resume?.found?.warnings ?? []) progress.note(line);
  for (const line of resume?.changes ?? []) progress.note(`changed since: ${line}`);
  const seconds = (): number => performance.now() / 1000;
  const activity = makeActivity(seconds);
  const trace = options.trace === undefined ? undefined : openTrace(resolve(options.trace), watched, activity);
  let recorder: Recorder | undefined;
  const tell = (line: string): void => {
    progress.note(line);
    recorder?.log("warn", line);
  };
  const stallAfter = options.stallAfter ?? 60;
  const settle = stallAfter > 0 ? watchStalls(activity, seconds, stallAfter, tell) : () => undefined;
  try {
    return await executeGraph(
      watched,
      {
        backend,
        device: { precision, threads: options.threads },
        async openRecorder(info) {
          const folder = resume?.folder ?? (await makeRunFolder(base, graph.name, clock(), runDir));
          const device = `${info}, ${precision}`;
          return (recorder = await container.get(parts.openRecorder)({ folder, graph, device, resume, now: clock }));
        },
        progress:
          runDir === undefined || runDir !== temporary
            ? progress
            : { ...progress, end: (end) => progress.end({ ...end, removed: true }) },
        signal: container.get(parts.signal),
        cache: container.get(parts.cache),
        steps: { programs: options.programs ?? true, checkReplay: options.checkReplay ?? 0 },
        now: seconds,
        activity,
        ...(trace ? { watch: trace.watch } : {}),
      },
      resume?.found?.checkpoint,
    );
  } finally {
    settle();
    trace?.close();
  }
}
