import { relative } from "node:path";
import type { RunEnd, RunStart } from "../run/progress-view.js";
import { grouped, table } from "../text.js";
import { resultRows } from "./results.js";

/** What will run, in a few lines. */
export function startLines(run: RunStart): string[] {
  const rows = [
    ["graph", run.graph],
    ["backend", run.backend],
    ["parameters", `${grouped(run.trainable)} trainable, ${grouped(run.frozen)} frozen`],
    ...(run.batch === undefined ? [] : [["batch", String(run.batch)]]),
    ["run folder", shown(run.folder)],
    ...(run.resumedAt > 0 ? [["resumed", `after step ${grouped(run.resumedAt)}`]] : []),
  ];
  return table(rows).split("\n");
}

/** What came out, where it lies, and what to do next. `files` are the entries of the run folder. */
export function endLines(run: RunEnd, files: readonly string[]): string[] {
  const rows = resultRows(run.phases, run.results);
  const folder = shown(run.folder);
  const places = [
    ["run folder", folder],
    ...["samples", "checkpoints", "reports"].filter((name) => files.includes(name)).map((name) => [name, `${folder}/${name}`]),
    ...(files.includes("tb") ? [["curves", `tensorboard --logdir ${folder}/tb`]] : []),
    ...(run.state === "interrupted" ? [["go on", `graph resume ${folder}`]] : []),
  ];
  const results = rows.length > 0 ? ["results", ...table(rows, [2]).split("\n"), ""] : [];
  if (run.removed) return [...results, `smoke run ${run.state}: all parts work together; its folder is removed`];
  return [
    ...results,
    run.state === "finished" ? "finished" : `interrupted after step ${grouped(run.steps)}`,
    ...table(places).split("\n"),
  ];
}

/** A path as it is typed from the current directory. */
function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near === "" || near.startsWith("..") ? path : near;
}
