import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { encode } from "fast-png";
import { writeSafetensors } from "../../../src/nodes/files/safetensors.js";
import { loadGraph } from "../../../src/runtime/api.js";
import { importVerb } from "../../../src/runtime/cli/import.js";
import type { ImportFlags } from "../../../src/runtime/cli/import.js";
import { locateFile } from "../../../src/runtime/import/locate-file.js";
import type { Remark } from "../../../src/runtime/import/read-config.js";
import { summarize } from "../../../src/runtime/summary.js";
import { tempFolder } from "../../nodes/files/temp-folder.js";
import { hollowWeights } from "../../support/hollow-weights.js";

const at = tempFolder();
const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/configs/${name}.yaml`, import.meta.url));
afterEach(() => void jest.restoreAllMocks());

const weightsOf = (file: string, type: string, params: object): Promise<void> => hollowWeights(at(file), type, params);

beforeAll(async () => {
  const decoder = { hidden_size: 768, num_patches: 256 };
  const variances = { dtype: "f32", shape: [768, 16, 16], data: new Float32Array(768 * 256).fill(1) } as const;
  const weak = { input_size: 16, hidden_size: 384, depth: 12, num_heads: 6 };
  await Promise.all([
    weightsOf("facebook/dinov2-with-registers-base/model.safetensors", "encoder.dinov2", { preset: "base" }),
    weightsOf("google/siglip2-base-patch16-256/model.safetensors", "encoder.siglip2", { preset: "base" }),
    weightsOf("models/decoders/dinov2/wReg_base/ViTXL_n08/model.pt", "decoder.vit", { ...decoder, preset: "XL" }),
    weightsOf("models/decoders/small.pt", "decoder.vit", { ...decoder, preset: "B" }),
    weightsOf("models/strong.pt", "model.dit_dh", {
      input_size: 16,
      hidden_size: [384, 2048],
      depth: [12, 2],
      num_heads: [6, 16],
    }),
    weightsOf("models/weak.pt", "model.dit", weak),
    weightsOf("models/discs/dino_vit_small_patch8_224.pth", "encoder.dino", { weights: "-" }),
    weightsOf("models/vgg16-397923af.pth", "loss.vgg16_difference", {}),
    weightsOf("models/vgg.pth", "loss.lpips", {}),
    writeSafetensors(at("models/stats/small.pt"), new Map([["var", variances]])),
    writeSafetensors(at("models/stats/dinov2/wReg_base/imagenet1k/stat.pt"), new Map([["var", variances]])),
    mkdir(at("images/one"), { recursive: true }),
  ]);
  const png = encode({ width: 4, height: 4, channels: 3, data: new Uint8Array(48) });
  // As many as a batch of the reference has.
  await Promise.all(Array.from({ length: 1024 }, (_, i) => writeFile(at(`images/one/${i}.png`), png)));
});

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Imports a config that lies in the folder of the models. */
async function imported(name: string, text: string, flags: Partial<ImportFlags> = {}): Promise<Said> {
  const said = { out: "", err: "" };
  jest.spyOn(process.stdout, "write").mockImplementation((part) => (said.out += String(part)) !== "");
  jest.spyOn(process.stderr, "write").mockImplementation((part) => (said.err += String(part)) !== "");
  await writeFile(at(`${name}.config.yaml`), text);
  const code = await importVerb(at(`${name}.config.yaml`), { data: "./images", images: 1_281_167, ...flags });
  jest.restoreAllMocks();
  return { code, ...said };
}

async function remarksOn(text: string): Promise<{ code: number; graph: string | null; remarks: readonly Remark[] }> {
  const { code, out } = await imported("remarks", text, { json: true });
  return { code, ...(JSON.parse(out) as { graph: string | null; remarks: readonly Remark[] }) };
}

/** Writes the graph of a config and checks it as `graph check` does. */
async function checked(name: string): Promise<{ graph: Awaited<ReturnType<typeof loadGraph>>; err: string }> {
  const out = at(`${name}.graph.yaml`);
  const { code, err } = await imported(name, await readFile(fixture(name), "utf8"), { out });
  expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  return { graph: await loadGraph(out), err };
}

const keysIn = (err: string, kind: string): string[] =>
  [...err.matchAll(new RegExp(`^\\S+:\\d+:\\d+ ${kind}: ([\\w.-]+): `, "gm"))].map(([, key = ""]) => key);

describe("a config of stage 2", () => {
  test("becomes a graph that graph check accepts, with the published parameters; epochs are counted in steps", async () => {
    const { graph, err } = await checked("stage2-train");
    const { nodes } = summarize(graph);
    expect(nodes.find(({ name }) => name === "dit")).toMatchObject({ trainable: 838_380_628, total: 838_675_796 });
    const params = Object.fromEntries(graph.nodes.map((node) => [node.name, node.params]));
    expect(params["adam"]).toMatchObject({
      lr: 2e-4,
      betas: [0.9, 0.95],
      clip: 1,
      ema: 0.9995,
      ema_warmup: false,
      accumulate: 2,
    });
    const epoch = 1251; // 1,281,167 images in batches of 1024
    expect(params["adam"]).toMatchObject({
      schedule: "linear",
      warmup: 40 * epoch,
      warmup_from_zero: false,
      decay_end: 800 * epoch,
      final_lr: 2e-5,
    });
    expect(params["time"]).toMatchObject({ distribution: "logit_normal", mean: 0, std: 1, shift: "auto", base: 4096 });
    expect(params["drawn"]).toMatchObject({ method: "euler", steps: 50, shift: "auto", guidance: 1 });
    expect(params["images"]).toMatchObject({ size: 256, batch: 1024, flip: true, crop: "center" });
    expect(params["resized"]).toMatchObject({ size: 224, method: "bicubic" });
    expect(graph.phases[0]).toMatchObject({ name: "train", steps: 1400 * epoch, checkpoint: 10 * epoch });
    expect([graph.seed, graph.phases[1]?.every]).toEqual([42, 10_000]);
    expect(keysIn(err, "note")).toEqual(["training.num_workers", "training.log_interval"]);
    expect(keysIn(err, "not taken over")).toEqual(["eval.eval_interval", "eval.eval_model", "eval.reference_npz_path"]);
  });

  test("for sampling takes dashed keys, a weaker model, and a shift of its own", async () => {
    const { graph, err } = await checked("sample");
    const params = Object.fromEntries(graph.nodes.map((node) => [node.name, node.params]));
    expect(params["drawn"]).toMatchObject({ method: "heun", steps: 25, guidance: 1.42, guidance_from: 0.1, guidance_to: 0.9 });
    expect(params["drawn"]?.["shift"]).toBeCloseTo(Math.sqrt(192), 9);
    expect(params["guide"]).toMatchObject({ hidden_size: 384, depth: 12 });
    expect(params["classes"]).toMatchObject({ labels: [207, 360] });
    expect(graph.nodes.find(({ name }) => name === "drawn")?.inputs["guide"]).toMatchObject({ node: "guide" });
    expect(err).toBe("");
  });

  test("whose sizes do not fit its encoder, or with keys of an older form, is told key by key", async () => {
    const stale = (await readFile(fixture("stage2-train"), "utf8"))
      .replace("encoder_input_size: 224", "encoder_input_size: 448")
      .replace(/ {2}optimizer: .*\n {2}scheduler:\n.*\n/, "  base_lr: 1.0e-4\n  beta: [0.9, 0.99]\n  schedule_type: linear\n");
    const { code, graph, remarks } = await remarksOn(stale);
    expect([code, graph]).toEqual([2, null]);
    const errors = remarks.filter(({ kind }) => kind === "error");
    expect(errors.map(({ key, says }) => `${key}: ${says}`)).toEqual([
      "misc.latent_size: does not fit the encoder, whose latents are [768, 32, 32]",
      "stage_2.params.input_size: 16 does not fit the encoder, whose latents are 32x32",
    ]);
    expect(errors[1]?.place).toMatch(/config\.yaml:17:17$/);
    expect(remarks.find(({ key }) => key === "training.schedule_type")?.says).toContain("here the rate stays constant");
  });
});

describe("a config of stage 1", () => {
  const epoch = 2502; // 1,281,167 images in batches of 512

  test("becomes a graph of both players that graph check accepts; every key is taken over", async () => {
    const { graph, err } = await checked("stage1-train");
    const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
    const params = (name: string): unknown => nodes.get(name)?.params;
    const inputs = (name: string): unknown =>
      Object.fromEntries(Object.entries(nodes.get(name)?.inputs ?? {}).map(([port, ref]) => [port, `${ref.node}.${ref.port}`]));
    expect(params("noisy")).toMatchObject({ tau: 0.8 });
    expect(params("decoder")).toMatchObject({ preset: "B", hidden_size: 768, image_mean: [0.5, 0.5, 0.5] });
    expect(params("images")).toMatchObject({ size: 256, crop: "random", flip: false });
    const schedule = { lr: 2e-4, betas: [0.9, 0.95], schedule: "cosine", warmup: epoch, decay_end: 16 * epoch, final_lr: 2e-5 };
    expect(params("generator")).toMatchObject({ ...schedule, clip: 0, ema: 0.9978, warmup_from_zero: true });
    expect(params("critic_adam")).toMatchObject({ ...schedule, clip: 0, ema: 0, warmup_from_zero: true });
    expect(["lpips", "fooling", "critic_adam"].map((name) => nodes.get(name)?.from)).toEqual([undefined, 8 * epoch, 6 * epoch]);
    expect(params("restoring")).toMatchObject({ weights: [1, 1] });
    expect(params("total")).toMatchObject({ at: "decoder_pred.weight", weight: 0.75, most: 1e4 });
    expect(params("eye")).toMatchObject({ preset: "S_8", taps: [11, 2, 5, 8, 11] });
    expect(params("heads")).toMatchObject({ ks: 9, norm_type: "bn", using_spec_norm: true, norm_eps: 1e-6 });
    expect([params("real_shown"), params("real_resized")]).toMatchObject([{ prob: 1, cutout: 0 }, { size: 224, method: "bilinear" }]); // prettier-ignore
    // The critic sees images of latents without noise, at 8 bits, beside the images that went in.
    expect(inputs("clean")).toEqual({ z: "encoder.tokens" });
    expect([inputs("made"), inputs("made_shown"), inputs("real_shown")]).toEqual([
      { image: "clean.image" },
      { image: "made.image" },
      { image: "images.image" },
    ]);
    expect(inputs("judging")).toEqual({ real: "real_heads.score", fake: "made_heads.score" });
    expect(inputs("generator")).toEqual({ loss: "total.value", trains: "decoder.weights" });
    // What is shown are images of the averaged decoder, of latents without noise.
    expect(nodes.get("restored")?.again).toEqual({ node: "decoder", variant: "ema" });
    expect([inputs("restored"), inputs("grid")]).toEqual([
      { z: "encoder.tokens" },
      { image: "images.image", beside: "restored.image" },
    ]);
    const { nodes: sizes } = summarize(graph);
    expect(sizes.find(({ name }) => name === "decoder")?.trainable).toBe(86_237_952);
    expect(sizes.find(({ name }) => name === "heads")?.trainable).toBe(7_386_245);
    expect(graph.phases[0]).toMatchObject({ name: "train", run: ["generator", "critic_adam"], steps: 16 * epoch });
    expect(keysIn(err, "not taken over")).toEqual(["stage_1.params.encoder_params.num_tokens"]);
  });

  test("whose weights are not here is told which they are and where they are had", async () => {
    const out = at("stage1-lost.yaml");
    const text = await readFile(fixture("stage1-train"), "utf8");
    expect((await imported("stage1-lost", text, { out })).code).toBe(0);
    await writeFile(out, (await readFile(out, "utf8")).replaceAll("./models/", "./none/"));
    const error = await loadGraph(out).then(String, String);
    expect(error).toMatch(
      /none\/vgg16-397923af\.pth: no such file.*https:\/\/download\.pytorch\.org\/models\/vgg16-397923af\.pth/,
    );
    expect(error).toMatch(/none\/vgg\.pth: no such file.*PerceptualSimilarity/);
    expect(error).toMatch(/dino_vit_small_patch8_224\.pth: no such file.*nyu-visionx\/RAE-collections/);
  });

  test("without a critic has one player, and of the critic's settings it is told", async () => {
    const text = (await readFile(fixture("stage1-train"), "utf8")).replace("disc_weight: 0.75", "disc_weight: 0.0");
    const { graph, remarks } = await remarksOn(text);
    expect(graph).not.toContain("critic");
    expect(graph).toContain("run: [generator]");
    expect(remarks).toContainEqual(
      expect.objectContaining({
        key: "gan.loss.disc_weight",
        kind: "note",
        says: "no critic takes part, so what gan.disc says of it is without effect",
      }),
    );
  });

  test("with a critic, but without its trunk is told; several of its updates are taken over", async () => {
    const text = (await readFile(fixture("stage1-train"), "utf8"))
      .replace(/dino_ckpt_path: \S+,/, "")
      .replace("disc_updates: 1", "disc_updates: 2");
    const { code, remarks } = await remarksOn(text);
    expect(code).toBe(2);
    expect(remarks).toContainEqual(expect.objectContaining({ key: "gan.disc.arch.dino_ckpt_path", kind: "error" }));
    expect(remarks.map(({ key }) => key)).not.toContain("gan.loss.disc_updates");
    const whole = (await readFile(fixture("stage1-train"), "utf8")).replace("disc_updates: 1", "disc_updates: 2");
    const { graph } = await remarksOn(whole);
    expect(graph).toMatch(/critic_adam:\n(?: {4}.*\n)*? {4}updates: 2\n/);
  });
});

describe("what has no counterpart", () => {
  const sample = (change: (text: string) => string): Promise<Awaited<ReturnType<typeof remarksOn>>> =>
    readFile(fixture("sample"), "utf8").then((text) => remarksOn(change(text)));

  test.each([
    [
      "encoder_cls: Dinov2withNorm",
      "encoder_cls: CLIP",
      "stage_1.params.encoder_cls",
      '"CLIP" has no counterpart; there are Dinov2withNorm',
    ],
    ["target: stage1.RAE", "target: stage1.VAE", "stage_1.target", '"stage1.VAE" has no counterpart'],
    [
      "DDT.DiTwDDTHead",
      "sit.SiT",
      "stage_2.target",
      '"stage2.models.sit.SiT" has no counterpart; there are DiTwDDTHead, LightningDiT',
    ],
    ["heun2", "bosh3", "sampler.params.sampling_method", '"bosh3" has no counterpart; there are euler, midpoint'],
    ["uniform", "cosine", "transport.params.time_dist_type", '"cosine" has no counterpart; there are uniform and logit-normal'],
    ["num_steps: 25", "num_steps: many", "sampler.params.num_steps", "expected a number"],
    ["num_classes: 1000", "num_classes: ${misc.classes}", "misc.num_classes", "${misc.classes} names no key"],
  ])("%s as %s: no graph, and the key is named", async (from, to, key, says) => {
    const { code, graph, remarks } = await sample((text) => text.replace(from, to));
    expect([code, graph]).toEqual([2, null]);
    expect(remarks.filter(({ kind }) => kind === "error")).toEqual([
      expect.objectContaining({
        key,
        says: expect.stringContaining(says),
        place: expect.stringMatching(/config\.yaml:\d+:\d+$/),
      }),
    ]);
  });

  test("a misspelt key is named with its near one, and the graph is there", async () => {
    const { code, remarks } = await sample((text) => text.replace("num_steps", "num_stepz"));
    expect(code).toBe(0);
    expect(remarks).toEqual([
      expect.objectContaining({
        key: "sampler.params.num_stepz",
        kind: "missing",
        says: "no key of the reference's that is known here; did you mean sampler.params.num_steps?",
      }),
    ]);
  });

  test("text that is no YAML is refused with its place, and a graph is never overwritten", async () => {
    const { code, err } = await imported("broken", "stage_1: [");
    expect(code).toBe(2);
    expect(err).toMatch(/broken\.config\.yaml:\d+:\d+ error\[G101\]/);
    await writeFile(at("there.yaml"), "mine");
    const again = await imported("broken", "", { out: at("there.yaml") });
    expect([again.code, again.err, await readFile(at("there.yaml"), "utf8")]).toEqual([
      2,
      `graph: ${at("there.yaml")} is there already; choose another name, or move it away\n`,
      "mine",
    ]);
  });
});

test("files that are not here are those of the hub: published ones of the collection, models by their name", () => {
  const lost: string[] = [];
  const places = { config: at("configs/a/b.yaml"), graph: at(""), lost: (path: string) => void lost.push(path) };
  expect(locateFile("models/decoders/mae/base_p16/ViTXL_n08/model.pt", places)).toBe(
    "hf://nyu-visionx/RAE-collections/decoders/mae/base_p16/ViTXL_n08/model.pt",
  );
  expect(locateFile("models/stats/ours.pt", places)).toBe("./configs/a/models/stats/ours.pt");
  expect(locateFile("facebook/vit-mae-base", places)).toBe("hf://facebook/vit-mae-base");
  // The reference is started above its configs.
  expect(locateFile("models/strong.pt", places)).toBe("./models/strong.pt");
  expect(locateFile("ours/best.pt", places)).toBe("./configs/a/ours/best.pt");
  expect(lost).toEqual(["models/stats/ours.pt", "ours/best.pt"]);
});
