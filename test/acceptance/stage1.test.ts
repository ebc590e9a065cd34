import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "fast-png";
import { checkGraph } from "../../src/runtime/api.js";
import { summarize } from "../../src/runtime/summary.js";
import { hollowWeights } from "../support/hollow-weights.js";
import { bundle, runNode } from "./graph-command.js";
import { readMetrics } from "./metrics.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stage1-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Six steps: the critic learns, twice a step, from the third on, and the decoder listens to it from the fifth on. */
const short = [
  "vars.batch=4",
  "vars.steps=6",
  "vars.critic_from=2",
  "vars.adversarial_from=4",
  "vars.critic_updates=2",
  "look.every=6",
  "score.every=6",
  "score.steps=2",
];

test("stage 1 tells each of its terms in every step, and how good its decoder is", async () => {
  const command = await bundle("src/runtime/cli/main.ts", "stage1");
  const run = join(folder, "run");
  const args = [command, "run", "graphs/stage1-train.yaml", ...short, "--run-dir", run];
  const { code, stdout, stderr } = await runNode(args, process.cwd());
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  const metrics = await readMetrics(run);
  const steps = (name: string): number[] => metrics.filter((metric) => metric.name === `train/${name}`).map(({ step }) => step);
  const terms = {
    "l1.value": 1,
    "perceptual.value": 1,
    "total.ratio": 1,
    "judging.real_score": 3,
    "judging.fake_score": 3,
    "judging.accuracy": 3,
    "critic_adam/loss": 3,
    "fooling.value": 5,
    "generator/loss": 1,
  };
  const last = stderr.split("\n").find((line) => line.startsWith("phase=train step=6/6")) ?? "";
  const [board = ""] = await readdir(join(run, "tb"));
  const events = await readFile(join(run, "tb", board));
  for (const [name, from] of Object.entries(terms)) {
    expect({ name, steps: steps(name) }).toEqual({ name, steps: [1, 2, 3, 4, 5, 6].slice(from - 1) });
    expect(last).toMatch(new RegExp(` ${name.replace(".", "\\.")}=-?\\d`));
    expect(events.includes(`train/${name}`)).toBe(true);
  }
  const at = (name: string, step: number): number =>
    metrics.find((metric) => metric.name === `train/${name}` && metric.step === step)?.value ?? NaN;
  // λ is 0 until the decoder listens; before, its loss is L1 and half the perceptual distance.
  expect([at("total.ratio", 4), at("total.ratio", 5) > 0]).toEqual([0, true]);
  expect(at("generator/loss", 1)).toBeCloseTo(at("l1.value", 1) + 0.5 * at("perceptual.value", 1), 5);
  expect(at("generator/loss", 6)).toBeCloseTo(
    at("l1.value", 6) + 0.5 * at("perceptual.value", 6) + 0.75 * at("total.ratio", 6) * at("fooling.value", 6),
    3,
  );

  const score = new Map(metrics.filter(({ phase }) => phase === "score").map(({ name, value }) => [name, value]));
  const between = (name: string, low: number, high: number): void => {
    expect(score.get(`score/${name}`)).toBeGreaterThan(low);
    expect(score.get(`score/${name}`)).toBeLessThan(high);
    expect(stdout).toMatch(new RegExp(`score +${name} +-?\\d`));
  };
  between("psnr", 3, 30);
  between("ssim", -0.2, 0.9);
  between("perceptual_distance", 1e-3, 10);
  between("frechet_fashion_mae", 1e-3, 1000);
}, 900_000);

const full = "graphs/full/stage1-train.yaml";

test("stage 1 at full size names every file that is missing and where it is published", async () => {
  const { problems } = await checkGraph(full, { overrides: [`vars.data=${folder}/none`] });
  const of = (node: string): string =>
    problems
      .filter(({ message }) => message.includes(`"${node}"`))
      .map(({ message, cure }) => `${message} ${cure ?? ""}`)
      .join("\n");
  expect(of("images")).toContain("none/train");
  expect(of("held_out")).toContain("none/test");
  expect(of("perceptual/vgg16")).toMatch(/vgg16-397923af\.pth.*https:\/\/download\.pytorch\.org\/models\/vgg16-397923af\.pth/s);
  expect(of("perceptual/linear")).toMatch(/vgg\.pth.*PerceptualSimilarity/s);
  expect(of("critic/eye")).toMatch(/dino_vit_small_patch8_224\.pth.*nyu-visionx\/RAE-collections/s);
  expect(of("real_features")).toMatch(/pt_inception-2015-12-05-6726825d\.pth.*mseitzer\/pytorch-fid/s);
  expect(new Set(problems.map(({ code }) => code))).toEqual(
    new Set(["G403", "G404"].filter((code) => problems.some((p) => p.code === code))),
  );
});

test("stage 1 at full size has no other mistake: with the files there it is the published one", async () => {
  const weights = (name: string): string => join(folder, "weights", name);
  const png = encode({ width: 4, height: 4, channels: 3, data: new Uint8Array(48) });
  for (const set of ["train", "test"]) {
    await mkdir(join(folder, "data", set, "one"), { recursive: true });
    await Promise.all(Array.from({ length: 512 }, (_, i) => writeFile(join(folder, "data", set, `one/${i}.png`), png)));
  }
  await Promise.all([
    hollowWeights(weights("dinov2"), "encoder.dinov2", { preset: "base" }),
    hollowWeights(weights("vgg16"), "loss.vgg16_difference", {}),
    hollowWeights(weights("lpips"), "loss.lpips", {}),
    hollowWeights(weights("dino"), "encoder.dino", { weights: "-" }),
    hollowWeights(weights("inception"), "encoder.inception_v3", {}),
  ]);
  const { graph, problems } = await checkGraph(full, {
    overrides: [
      `vars.data=${folder}/data`,
      `encoder/vit.weights=${weights("dinov2")}`,
      `perceptual/vgg16.weights=${weights("vgg16")}`,
      `perceptual/linear.weights=${weights("lpips")}`,
      `critic/eye.weights=${weights("dino")}`,
      `real_features.weights=${weights("inception")}`,
    ],
  });
  expect(problems).toEqual([]);
  if (!graph) throw new Error("no graph");
  const trainable = new Map(summarize(graph).nodes.map((node) => [node.name, node.trainable]));
  expect(trainable.get("decoder")).toBe(415_056_640);
  expect(trainable.get("critic/heads")).toBe(7_386_245);
});
