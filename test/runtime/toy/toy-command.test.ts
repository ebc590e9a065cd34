import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { build } from "esbuild";
import { toyGraph } from "./toy-nodes.js";

// The built command must lie below the project, where its libraries are found.
const command = resolve("build/test/toy-command/toy-command.js");
let folder = "";
let wholeRun = "";

beforeAll(async () => {
  const options = {
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "error",
  } as const;
  await build({ ...options, entryPoints: ["test/runtime/toy/toy-command.ts"], outdir: "build/test/toy-command" });
  folder = await mkdtemp(join(tmpdir(), "toy-"));
  await writeFile(join(folder, "toy.yaml"), toyGraph);
  wholeRun = join(folder, "whole");
  expect((await toy("never", wholeRun)).code).toBe(0);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function toy(resume: string, runDir: string, signals = "", ...overrides: string[]): Promise<Ended> {
  return new Promise((done) => {
    const env = { ...process.env, NODE_OPTIONS: "", TOY_SIGNALS: signals };
    const args = [command, "toy.yaml", resume, runDir, ...overrides];
    const child = execFile(process.execPath, args, { cwd: folder, env }, (_error, stdout, stderr) =>
      done({ code: child.exitCode ?? child.signalCode ?? "", stdout, stderr }),
    );
  });
}

async function jsonLines(file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Every metric of a run in order, without its time. */
async function metrics(run: string): Promise<unknown[]> {
  return (await jsonLines(join(run, "metrics.jsonl"))).map(({ phase, step, node, name, value }) => [
    phase,
    step,
    node,
    name,
    value,
  ]);
}

async function status(run: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(run, "status.json"), "utf8")) as Record<string, unknown>;
}

async function expectSameAsWhole(run: string): Promise<void> {
  expect(await metrics(run)).toEqual(await metrics(wholeRun));
  for (const file of ["model", "ema", "optimizer"].map((name) => `checkpoints/step-00000012/${name}.safetensors`))
    expect(await readFile(join(run, file))).toEqual(await readFile(join(wholeRun, file)));
  expect((await readdir(join(run, "samples"))).sort()).toEqual((await readdir(join(wholeRun, "samples"))).sort());
}

test("a signal lets the step finish, saves, and exits with 75; resuming gives the same run", async () => {
  const run = join(folder, "stopped");
  const stopped = await toy("never", run, "4:SIGTERM"); // in step 5, after which a nested phase is due
  expect(stopped.code).toBe(75);
  expect(stopped.stdout).toContain("interrupted after step 5");
  expect(stopped.stdout).toContain("graph resume stopped");
  expect(await status(run)).toMatchObject({ state: "interrupted", step: 5, exitCode: 75, next: `graph resume ${run}` });
  expect((await toy(run, "")).code).toBe(0);
  await expectSameAsWhole(run);
  expect(await status(run)).toMatchObject({ state: "finished", step: 12, exitCode: 0 });
});

test("a second signal stops at once with 130", async () => {
  const run = join(folder, "twice");
  expect((await toy("never", run, "4:SIGTERM:SIGINT")).code).toBe(130);
  expect(await readdir(join(run, "checkpoints"))).toEqual(["latest", "step-00000004"]);
});

test("a changed graph is refused with the list of changes and nothing is touched", async () => {
  const run = join(folder, "changed");
  await toy("never", run, "6:SIGKILL");
  const before = await metrics(run);
  const refused = await toy("auto", run, "", "adam.lr=0.1", "train.steps=13");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("nodes.adam.params.lr: 0.05 -> 0.1");
  expect(refused.stderr).not.toContain("steps");
  expect(await metrics(run)).toEqual(before);
});

test("a longer training and another output are allowed and told", async () => {
  const run = join(folder, "longer");
  await toy("never", run, "6:SIGKILL");
  const { code, stderr } = await toy("auto", run, "", "train.steps=14", "print.digits=5");
  expect(code).toBe(0);
  expect(stderr).toContain("changed since: phases.train.steps: 12 -> 14");
  expect(stderr).toContain("changed since: nodes.print.params.digits: 3 -> 5");
  expect(await status(run)).toMatchObject({ state: "finished", step: 14 });
});

test("a damaged checkpoint gives way to the one before it", async () => {
  const run = join(folder, "damaged");
  await toy("never", run, "10:SIGKILL");
  await writeFile(join(run, "checkpoints/step-00000008/ema.safetensors"), "cut");
  const { code, stderr } = await toy("must", run);
  expect(code).toBe(0);
  expect(stderr).toContain("ema.safetensors has 3 bytes");
  await expectSameAsWhole(run);
});

test("a finished run is not run again", async () => {
  const run = join(folder, "finished");
  await cp(wholeRun, run, { recursive: true });
  const must = await toy("must", run);
  expect(must.code).toBe(2);
  expect(must.stderr).toContain("is finished");
  const never = await toy("never", run);
  expect(never.code).toBe(2);
  expect(never.stderr).toContain("is not empty");
});

test("must is refused where there is nothing to resume, and makes no folder", async () => {
  const run = join(folder, "nothing");
  const { code, stderr } = await toy("must", run);
  expect(code).toBe(2);
  expect(stderr).toContain("nothing to resume");
  expect(await readdir(folder)).not.toContain("nothing");
});

test("a bad graph gives its problems, exit code 2, and no folder", async () => {
  const run = join(folder, "bad");
  const { code, stderr } = await toy("never", run, "", "adam.learning=1");
  expect(code).toBe(2);
  expect(stderr).toContain('"learning"');
  expect(await readdir(folder)).not.toContain("bad");
});
