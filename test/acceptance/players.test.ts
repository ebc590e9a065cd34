import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { bundle } from "./graph-command.js";
import type { Ended } from "./graph-command.js";
import { runUntilKilled } from "./killed-run.js";
import { readMetrics } from "./metrics.js";

/** Ten steps of the shipped graph: the critic joins at the third, the decoder listens to it from the sixth on. */
const small = [
  "vars.batch=4",
  "vars.steps=10",
  "vars.critic_from=2",
  "vars.adversarial_from=5",
  "vars.augment=0.5",
  "train.checkpoint=3",
  "score.steps=2",
];
let folder = "";
let command = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "players-"));
  command = await bundle("src/runtime/cli/main.ts", "players");
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function graph(run: string, killAt?: number): Promise<Ended> {
  const args = [command, "run", "graphs/stage1-train.yaml", ...small, "--resume", "auto", "--run-dir", join(folder, run)];
  return runUntilKilled(args, process.cwd(), join(folder, run), killAt);
}

test("two players that are killed at random moments end bit for bit like two that are not", async () => {
  expect(await graph("whole")).toMatchObject({ code: 0 });
  // Six metrics a step, twelve from the third on. The moments change from run to run; a failure shows them.
  const seed = Date.now();
  expect({ seed, ...(await graph("killed", 4 + (seed % 17))) }).toMatchObject({ seed, code: "SIGKILL" });
  expect({ seed, ...(await graph("killed", 30 + (seed % 13))) }).toMatchObject({ seed, code: "SIGKILL" });
  expect({ seed, ...(await graph("killed")) }).toMatchObject({ seed, code: 0 });
  const [whole, killed] = [join(folder, "whole"), join(folder, "killed")];
  const metrics = await readMetrics(killed);
  expect(metrics.filter(({ name }) => name === "train/critic_adam/loss")).toHaveLength(8);
  expect({ seed, metrics }).toEqual({ seed, metrics: await readMetrics(whole) });
  const last = "checkpoints/step-00000010";
  const files = (await readdir(join(whole, last))).filter((name) => name.endsWith(".safetensors")).sort();
  expect(files).toEqual([
    "critic_adam.model.safetensors",
    "critic_adam.optimizer.safetensors",
    "generator.ema.safetensors",
    "generator.model.safetensors",
    "generator.optimizer.safetensors",
  ]);
  for (const name of files) expect(await readFile(join(killed, last, name))).toEqual(await readFile(join(whole, last, name)));
}, 900_000);
