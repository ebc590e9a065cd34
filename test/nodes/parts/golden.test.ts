import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { builtinBackends } from "../../../src/backends/index.js";
import type { Device } from "../../../src/core/define-backend.js";
import { attention } from "../../../src/core/ops/attention.js";
import { gelu } from "../../../src/core/ops/gelu.js";
import { rmsNorm } from "../../../src/core/ops/rms-norm.js";
import { rotaryTables } from "../../../src/core/ops/rotary.js";
import { silu } from "../../../src/core/ops/silu.js";
import { sincosTable } from "../../../src/core/ops/sincos.js";
import { tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { mlpWidth } from "../../../src/nodes/parts/dit-block.js";
import { timeEmbedding } from "../../../src/nodes/parts/time-embedding.js";
import { upload } from "../../../src/runtime/run/transfer.js";
import { presentBackends } from "../../acceptance/backends.js";
import { array, golden, worst } from "../../support/golden.js";
import type { Golden } from "../../support/golden.js";

const backends = await presentBackends();
const of = (name: string): Readonly<Record<string, Golden>> => golden[name] as Record<string, Golden>;

/** A golden array as a tensor. */
function tensor(value: Golden | undefined): Tensor {
  if (!value) throw new Error("no such array");
  return upload(array(value));
}

describe.each(backends)("the models' parts equal the reference implementation on %s", (id) => {
  let device: Device;
  beforeAll(async () => {
    const backend = builtinBackends.find((candidate) => candidate.id === id);
    if (!backend) throw new Error(`no backend ${id}`);
    device = await backend.open({ precision: "fp32" });
  });
  afterAll(() => device.close());
  const apart = async (make: () => Tensor, wanted: Golden | undefined): Promise<number> => {
    const made = tf.tidy(make);
    const distance = worst(await made.data(), wanted?.data ?? []);
    made.dispose();
    return distance;
  };

  test("activations and RMS norm", async () => {
    const { x, gelu_erf: erf, gelu_tanh: tanh, silu: wanted } = of("activations");
    expect(await apart(() => gelu({ x: tensor(x) }, { form: "erf" }), erf)).toBeLessThan(2e-6);
    expect(await apart(() => gelu({ x: tensor(x) }, { form: "tanh" }), tanh)).toBeLessThan(2e-6);
    expect(await apart(() => silu({ x: tensor(x) }, {}), wanted)).toBeLessThan(2e-6);
    const norm = of("rmsnorm");
    const normed = (): Tensor => rmsNorm({ x: tensor(norm["x"]), weight: tensor(norm["w"]) }, { epsilon: 1e-6 });
    expect(await apart(normed, norm["y"])).toBeLessThan(2e-6);
  });

  test("Gaussian Fourier time embedding", async () => {
    const { t, y } = of("gaussian_fourier_E3_D4");
    const weights = golden["gaussian_fourier_E3_D4"] as { params: Record<string, Golden> };
    expect(await apart(() => timeEmbedding(tensor(t), (name) => tensor(weights.params[name])), y)).toBeLessThan(2e-6);
  });

  test("attention under rotary embedding equals attention of the reference's turned queries", async () => {
    const { q, out, cos, sin } = of("rope_hd8_grid3");
    const [B = 0, K = 0, N = 0, d = 0] = q?.shape ?? [];
    // Heads side by side, as qkv holds them; keys equal queries, values are the queries before the turn.
    const flat = (x: Golden | undefined): Tensor => tf.reshape(tf.transpose(tensor(x), [0, 2, 1, 3]), [B, N, K * d]);
    const turned = tf.tidy(() => attention({ qkv: tf.concat([flat(out), flat(out), flat(q)], 2) }, { heads: K }));
    const data = [...(await turned.data())];
    const got = (): Tensor =>
      attention({ qkv: tf.concat([flat(q), flat(q), flat(q)], 2), cos: tensor(cos), sin: tensor(sin) }, { heads: K });
    expect(await apart(got, { shape: turned.shape, data })).toBeLessThan(2e-6);
    turned.dispose();
  });
});

test("position and rotary tables", () => {
  expect(worst(sincosTable(8, 3), (golden["sincos_D8_grid3"] as Golden).data)).toBeLessThan(1e-6);
  const { cos, sin } = rotaryTables(8, 3);
  expect(worst(cos, of("rope_hd8_grid3")["cos"]?.data ?? [])).toBeLessThan(1e-6);
  expect(worst(sin, of("rope_hd8_grid3")["sin"]?.data ?? [])).toBeLessThan(1e-6);
});

test("inner widths of the SwiGLU MLP", () => {
  const options = { heads: 1, mlpRatio: 4, qkNorm: false, swiglu: true, rms: true, noShift: false };
  for (const [width, inner] of Object.entries(golden["swiglu_hidden"] as Record<string, number>))
    expect([width, mlpWidth(Number(width), options)]).toEqual([width, inner]);
});
