import { relative } from "node:path";
import type { Graph } from "../../core/graph.js";
import type { RunOptions } from "../run-options.js";
import { grouped, metric, table } from "../text.js";
import { planRun } from "./plan-run.js";
import type { PhaseToRun, RunPlan } from "./plan-run.js";

/** `graph run --plan`: what would run, as text or JSON. */
export async function writePlan(graph: Graph, options: RunOptions, json: boolean): Promise<string> {
  const plan = await planRun(graph, options, "runs");
  return json ? JSON.stringify(plan, undefined, 2) : asText(plan);
}

function asText({ graph, phases, files, resumes }: RunPlan): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    resumes
      ? `${graph} would go on from step ${grouped(resumes.step)} (${near(resumes.folder)})${resumes.done.length > 0 ? `; done: ${resumes.done.join(", ")}` : ""}`
      : `${graph} would start anew`,
    ...phases.map(phaseText),
    ...(files.length > 0
      ? [
          `files to read, ${metric(bytes)}B\n${table(
            files.map(({ node, file, bytes }) => [node, `${metric(bytes)}B`, near(file)]),
            [1],
          )}`,
        ]
      : []),
    "nothing ran",
  ].join("\n\n");
}

function phaseText(phase: PhaseToRun): string {
  const { name, when, steps, stepsDone, batch, flops, bytes } = phase;
  const left = steps === undefined ? undefined : steps - stepsDone;
  const count = left === undefined ? "until the data ends" : `${grouped(left)} ${left === 1 ? "step" : "steps"}`;
  const spared = stepsDone > 0 ? ` (${grouped(stepsDone)} are done)` : "";
  const samples = batch === undefined ? "" : ` of ${grouped(batch)} samples`;
  const all = left === undefined ? "" : `, ${metric(flops * left)}FLOP in all`;
  const list = (label: string, names: readonly string[]): string[][] => (names.length > 0 ? [[label, names.join(", ")]] : []);
  const rows = [
    ...list("reads", phase.sources),
    ...list("runs", phase.runs),
    ...list("cached", phase.cached),
    ...list("trains", phase.trains),
    ...list("for", phase.targets),
    ...list("logs", phase.logs),
    ["costs", `${metric(flops)}FLOP a step${all}; about ${metric(bytes)}B of memory`],
    ...(phase.checkpointBytes > 0 ? [["keeps", `${phase.keep} checkpoints of about ${metric(phase.checkpointBytes)}B`]] : []),
    ["takes", timeText(phase, left)],
  ];
  return `${name}${when === "" ? "" : ` (${when})`}: ${count}${samples}${spared}\n${table(rows)}`;
}

function timeText({ pace }: PhaseToRun, left: number | undefined): string {
  if (!pace) return "unknown before a first run; graph bench FILE measures a step";
  const step = `${(1000 * pace.seconds).toPrecision(3)} ms a step in ${near(pace.folder)}`;
  return left === undefined ? step : `about ${duration(left * pace.seconds)}; ${step}`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toPrecision(2)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function near(file: string): string {
  const path = relative(process.cwd(), file);
  return path === "" || path.startsWith("..") ? file : path;
}
