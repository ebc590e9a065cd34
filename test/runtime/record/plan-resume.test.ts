import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "@jest/globals";
import type { Graph } from "../../../src/core/graph.js";
import { planResume } from "../../../src/runtime/record/plan-resume.js";
import { ownMark } from "../../../src/runtime/record/process-mark.js";
import { checkGivenFolder, makeRunFolder } from "../../../src/runtime/record/run-folder.js";
import { writeStatus } from "../../../src/runtime/record/status-file.js";
import { writeCheckpoint } from "../../../src/runtime/record/write-checkpoint.js";
import type { Status } from "../../../src/runtime/run/recorder.js";
import { UsageError } from "../../../src/runtime/usage-error.js";

const resolved = "name: toy\nphases:\n  train: { run: [adam], steps: 10 }\n";
const graph: Graph = {
  name: "toy",
  file: "/toy.yaml",
  seed: 0,
  nodes: [],
  edges: [],
  phases: [{ name: "train", run: ["adam"], steps: 10, checkpoint: 5, keep: 3 }],
  resolved,
  sources: new Map(),
};
const dead = { pid: 2 ** 30, host: hostname(), started: "1" };

let base = "";
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "runs-"));
});

/** A run folder of an hour with a state and, unless 0, a checkpoint. */
async function run(hour: number, state: Status["state"], step: number, process = dead): Promise<string> {
  const folder = await makeRunFolder(base, "toy", new Date(Date.UTC(2026, 0, 1, hour)));
  await writeFile(join(folder, "resolved.yaml"), resolved);
  await writeStatus(folder, { graph: "toy", file: "/toy.yaml", started: "", next: "", process }, { state, step }, new Date(0));
  const done = state === "finished" ? ["train"] : [];
  const saved = { phase: "train", step, seed: 0, done, pending: [], results: {}, sources: {}, skipped: {} };
  if (step > 0) await writeCheckpoint(folder, { step, files: new Map(), state: saved }, 3, { metricsBytes: 0 });
  return folder;
}

test("never starts anew, whatever lies there", async () => {
  await run(1, "interrupted", 5);
  expect(await planResume(graph, { resume: "never", base })).toBeUndefined();
});

test("auto takes the newest unfinished run with a checkpoint", async () => {
  await run(1, "interrupted", 5);
  const wanted = await run(2, "failed", 6);
  await run(3, "running", 0);
  await run(4, "finished", 10);
  expect(await planResume(graph, { resume: "auto", base })).toMatchObject({ folder: wanted, found: { checkpoint: { step: 6 } } });
});

test("auto starts anew where there is none", async () => {
  await run(1, "finished", 10);
  expect(await planResume(graph, { resume: "auto", base })).toBeUndefined();
});

test("must needs a run to go on with", async () => {
  await expect(planResume(graph, { resume: "must", base })).rejects.toThrow(/nothing to resume: no run of "toy".*--resume auto/);
});

test("a run that is under way is left alone", async () => {
  const folder = await run(1, "running", 5, await ownMark());
  await expect(planResume(graph, { resume: "auto", base })).rejects.toThrow(
    `run ${folder} is still under way in process ${process.pid}`,
  );
});

test("the number of a dead process used again is not taken for it", async () => {
  const folder = await run(1, "running", 5, { ...(await ownMark()), started: "1" });
  expect(await planResume(graph, { resume: "auto", base })).toMatchObject({ folder });
});

test("a changed graph is refused with the list", async () => {
  await run(1, "interrupted", 5);
  const changed = { ...graph, resolved: resolved.replace("adam", "sgd") };
  await expect(planResume(changed, { resume: "auto", base })).rejects.toThrow(
    /the graph has changed\n {2}phases.train.run: \["adam"\] -> \["sgd"\]\n/,
  );
});

test("a path names a run, or one checkpoint of it", async () => {
  const folder = await run(1, "interrupted", 5);
  const none = {
    files: new Map(),
    state: { phase: "train", step: 8, seed: 0, done: [], pending: [], results: {}, sources: {}, skipped: {} },
  };
  await writeCheckpoint(folder, { step: 8, ...none }, 3, { metricsBytes: 0 });
  expect(await planResume(graph, { resume: folder, base })).toMatchObject({ folder, found: { checkpoint: { step: 8 } } });
  const older = await planResume(graph, { resume: join(folder, "checkpoints/step-00000005"), base });
  expect(older).toMatchObject({ folder, found: { checkpoint: { step: 5 } } });
});

test("a finished run goes on only with more steps", async () => {
  const folder = await run(1, "finished", 10);
  await expect(planResume(graph, { resume: folder, base })).rejects.toThrow("is finished");
  const longer: Graph = {
    ...graph,
    resolved: resolved.replace("10", "20"),
    phases: [{ name: "train", run: ["adam"], steps: 20, checkpoint: 5, keep: 3 }],
  };
  const plan = await planResume(longer, { resume: folder, base });
  expect(plan).toMatchObject({ changes: ["phases.train.steps: 10 -> 20"], found: { checkpoint: { state: { done: [] } } } });
});

test("a path that is no folder is refused", async () => {
  await expect(planResume(graph, { resume: join(base, "nowhere"), base })).rejects.toBeInstanceOf(UsageError);
});

test("a chosen folder must be empty", async () => {
  await mkdir(join(base, "mine"));
  await checkGivenFolder(join(base, "mine"));
  await writeFile(join(base, "mine/thesis.txt"), "");
  await expect(checkGivenFolder(join(base, "mine"))).rejects.toThrow("is not empty");
});

test("run folders are named by UTC time and never shared", async () => {
  const now = new Date(Date.UTC(2026, 10, 23, 22, 19, 13));
  const made = await Promise.all(Array.from({ length: 20 }, () => makeRunFolder(base, "my graph/..", now)));
  expect(new Set(made).size).toBe(20);
  expect(made[0]?.slice(base.length)).toMatch(/^\/my-graph-\.\.\/2026-11-23_22-19-13-\w{3}$/);
  expect(await readdir(base)).toEqual(["my-graph-.."]);
});
