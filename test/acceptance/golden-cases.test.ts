import { expect, test } from "@jest/globals";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { golden } from "../support/golden.js";

/** Where each case of golden.json is compared. */
const cases: Readonly<Record<string, string>> = {
  fill: "nodes/train/adamw",
  sincos_D8_grid3: "nodes/parts/golden",
  rope_hd8_grid3: "nodes/parts/golden",
  swiglu_hidden: "nodes/parts/golden",
  activations: "nodes/parts/golden",
  rmsnorm: "nodes/parts/golden",
  gaussian_fourier_E3_D4: "nodes/parts/golden",
  sample_grids: "nodes/flow/golden",
  logit_normal_0_1: "nodes/flow/golden",
  uniform: "nodes/flow/golden",
  paths: "nodes/flow/paths",
  ode_euler_analytic: "nodes/flow/samplers",
  lightning_dit_default: "nodes/model/golden",
  lightning_dit_qknorm: "nodes/model/golden",
  lightning_dit_gelu_layernorm: "nodes/model/golden",
  lightning_dit_norope: "nodes/model/golden",
  lightning_dit_patch2: "nodes/model/golden",
  // Output, loss and gradients there; guidance and samples in nodes/flow/guidance.
  ddt_default: "nodes/model/golden",
  ddt_equal_width: "nodes/model/golden",
  decoder: "nodes/decoder/golden",
  dinov2_reg_tiny: "nodes/encoder/golden",
  mae_tiny: "nodes/encoder/golden",
  siglip_tiny: "nodes/encoder/golden",
  resize_matrices: "nodes/parts/resize",
  disc_head_C4_ks3: "nodes/critic/heads",
  gan_losses: "nodes/loss/players",
  diffaug_8x8: "nodes/image/diff-augment",
  "adamw_lr2e-4_b.9_.95_wd.01": "nodes/train/adamw",
  lr_factor: "core/schedule",
  metrics_16: "nodes/metric/ssim",
  fid_4d: "nodes/metric/fid",
};

/** Where each fixture folder is compared, on every backend. */
const folders: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["decoder", "dinov2", "siglip2", "mae", "rae-encode", "lightning-dit", "lightning-dit-patch2", "ditdh", "ditdh-qknorm"].map(
      (name) => [name, "acceptance/parity"],
    ),
  ),
  metrics: "acceptance/fixture-graphs",
  "timestep-shift": "acceptance/fixture-graphs",
  sampling: "acceptance/sampling-fixture",
  training: "acceptance/training-fixture",
};

const text = (name: string): string => readFileSync(new URL(`../${name}.test.ts`, import.meta.url), "utf8");
/** The part of a case's name by which its test knows it. */
const mark: Readonly<Record<string, string>> = { fid_4d: "fid.a" };

test("every case of golden.json has its test, which names it", () => {
  expect(Object.keys(golden).sort()).toEqual(Object.keys(cases).sort());
  for (const [name, file] of Object.entries(cases)) expect([name, text(file).includes(mark[name] ?? name)]).toEqual([name, true]);
});

test("every fixture folder has its test, which names it", () => {
  const shared = fileURLToPath(new URL("../../../shared/fixtures/", import.meta.url));
  const found = existsSync(shared) ? readdirSync(shared).filter((name) => !name.includes(".")) : Object.keys(folders);
  expect(found.sort()).toEqual(Object.keys(folders).sort());
  for (const [name, file] of Object.entries(folders)) expect([name, text(file).includes(name)]).toEqual([name, true]);
});
