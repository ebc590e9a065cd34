import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { builtinBackends } from "../../../src/backends/index.js";
import type { Device } from "../../../src/core/define-backend.js";
import type { Model } from "../../../src/core/define-node.js";
import { tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { guided } from "../../../src/nodes/flow/guidance.js";
import { ode } from "../../../src/nodes/flow/ode.js";
import { ditDh } from "../../../src/nodes/model/dit-dh.js";
import { asModel, createModel, disposeModel } from "../../../src/runtime/run/live-model.js";
import type { LiveModel } from "../../../src/runtime/run/live-model.js";
import { stepContext } from "../../../src/runtime/run/random.js";
import { upload } from "../../../src/runtime/run/transfer.js";
import { presentBackends } from "../../acceptance/backends.js";
import { channelsLast, golden, goldenWeights, worst } from "../../support/golden.js";
import type { Golden } from "../../support/golden.js";

const wanted = golden["ddt_default"] as {
  readonly guidance: Readonly<Record<string, Golden>>;
  readonly euler5_shift_sqrt48_y2: Golden;
  readonly z: Golden;
};
const common = { input_size: 3, in_channels: 6, num_classes: 5, num_heads: [2, 3] };
const strong = { ...common, hidden_size: [16, 24], depth: [2, 1] };
const weak = { ...common, hidden_size: [8, 24], depth: [1, 1] };
const context = stepContext(0, "net", () => 0, false);

function live(given: object, prefix: string): LiveModel {
  if (ditDh.kind !== "model") throw new Error("not a model");
  const params = ditDh.params.parse(given);
  const dims = { B: 1, ...(ditDh.dims?.(params, {}) as Record<string, number>) };
  const node = { name: "net", def: ditDh, params, inputs: {}, dims, at: { file: "", start: 0, end: 0 } };
  return createModel(node, 0, goldenWeights(ditDh.weights(params, dims), prefix));
}

describe.each(await presentBackends())("golden guidance and samples on %s", (id) => {
  let device: Device;
  let models: LiveModel[] = [];
  let [model, guide]: Model[] = [];
  beforeAll(async () => {
    const backend = builtinBackends.find((candidate) => candidate.id === id);
    if (!backend) throw new Error(`no backend ${id}`);
    device = await backend.open({ precision: "fp32" });
    models = [live(strong, "ddt."), live(weak, "ag.")];
    [model, guide] = models.map((each) => asModel(each, each.weights, context));
  });
  afterAll(async () => {
    models.forEach(disposeModel);
    await device.close();
  });

  test.each(Object.keys(wanted.guidance))("%s", async (name) => {
    if (!model || !guide) throw new Error("no models");
    const [, kind, scale, from, to, t] = /^(cfg|ag)_scale([\d.]+)_int\(([\d.]+),([\d.]+)\)_t([\d.]+)$/.exec(name) ?? [];
    const params = { guidance: Number(scale), guidance_from: Number(from), guidance_to: Number(to) };
    const label = tf.tensor1d([2], "int32");
    const field = guided(model, label, params, kind === "ag" ? guide : undefined);
    const z = upload(channelsLast(wanted.z));
    const out = tf.tidy(() => field(z, Number(t)));
    expect(worst(await out.data(), channelsLast(wanted.guidance[name] as Golden).data)).toBeLessThan(2e-5);
    tf.dispose([z, out, label]);
  });

  test("five points of Euler's method, shifted by √48", async () => {
    if (ode.kind !== "map") throw new Error("not a map");
    const { run } = ode;
    const params = ode.params.parse({ method: "euler", steps: 5, shift: Math.sqrt(48) });
    const inputs = { model, label: tf.tensor1d([2], "int32"), noise: upload(channelsLast(wanted.z)) };
    const { z } = tf.tidy(() => run(inputs as never, params, context) as never) as { z: Tensor };
    expect(worst(await z.data(), channelsLast(wanted.euler5_shift_sqrt48_y2).data)).toBeLessThan(1e-4);
    tf.dispose([z, inputs.label, inputs.noise]);
  });
});
