import { describe, expect, test } from "@jest/globals";
import { adamwStep } from "../../../src/core/ops/adamw.js";
import { tf } from "../../../src/core/tensor.js";
import { onBackend } from "../../../src/runtime/testing/run-node.js";
import { presentBackends } from "../../acceptance/backends.js";
import { golden, worst } from "../../support/golden.js";
import type { Golden } from "../../support/golden.js";
import { fill } from "../metric/fill.js";

const wanted = golden["adamw_lr2e-4_b.9_.95_wd.01"] as { readonly w0: Golden; readonly steps: readonly Golden[] };

test("the golden file's numbers are drawn as it says", () => {
  const probes = golden["fill"] as Record<string, Golden>;
  expect(worst(fill("probe_w", 5, 1), probes["probe_w[5]"]?.data ?? [])).toBeLessThan(1e-8);
  expect(worst(fill("probe_w", 5, 0.3), probes["scale0.3"]?.data ?? [])).toBeLessThan(1e-8);
  expect(worst(fill("opt.w", 4, 1), wanted.w0.data)).toBeLessThan(1e-8);
});

describe.each(await presentBackends())("AdamW on %s", (backend) => {
  test("three golden steps with weight decay", async () => {
    await onBackend(backend, async () => {
      const [weight, first, second] = [fill("opt.w", 4, 1), new Float32Array(4), new Float32Array(4)].map((data) =>
        tf.variable(tf.tensor1d(data)),
      );
      if (!weight || !first || !second) throw new Error("no variables");
      for (const [i, { data }] of wanted.steps.entries()) {
        const gradients = [tf.tensor1d(fill(`opt.g${i}`, 4, 1))];
        adamwStep({ parameters: [weight], gradients, first: [first], second: [second] }, () => ({
          lr: 2e-4,
          beta1: 0.9,
          beta2: 0.95,
          epsilon: 1e-8,
          weightDecay: 0.01,
          step: i + 1,
          clip: 0,
          averageDecay: 0,
        }));
        expect(worst(await weight.data(), data)).toBeLessThan(3e-7);
      }
      tf.dispose([weight, first, second]);
    });
  });
});
