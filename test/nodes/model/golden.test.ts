import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { builtinBackends } from "../../../src/backends/index.js";
import type { Device } from "../../../src/core/define-backend.js";
import type { NodeDef } from "../../../src/core/define-node.js";
import { tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { dit } from "../../../src/nodes/model/dit.js";
import { ditDh } from "../../../src/nodes/model/dit-dh.js";
import { velocityLoss } from "../../../src/core/ops/velocity-loss.js";
import { createModel } from "../../../src/runtime/run/live-model.js";
import { stepContext } from "../../../src/runtime/run/random.js";
import { upload } from "../../../src/runtime/run/transfer.js";
import { channelsLast, golden, goldenWeights, array, ints, worst } from "../../support/golden.js";
import type { Golden } from "../../support/golden.js";

interface Case {
  readonly x: Golden;
  readonly t: Golden;
  readonly y: readonly number[];
  readonly out: Golden;
  readonly target: Golden;
  readonly loss: number;
  readonly grad_norms: Readonly<Record<string, number>>;
  readonly keys: Readonly<Record<string, readonly number[]>>;
}

const tiny = { input_size: 3, in_channels: 6, num_classes: 5 };
const wide = { ...tiny, hidden_size: 16, depth: 2, num_heads: 2 };
const twoWidths = { ...tiny, hidden_size: [16, 24], depth: [2, 1], num_heads: [2, 3] };

const cases: readonly [name: string, def: NodeDef, params: Record<string, unknown>, prefix: string][] = [
  ["lightning_dit_default", dit, wide, "dit."],
  ["lightning_dit_qknorm", dit, { ...wide, use_qknorm: true }, "dit."],
  ["lightning_dit_gelu_layernorm", dit, { ...wide, use_swiglu: false, use_rmsnorm: false }, "dit."],
  ["lightning_dit_norope", dit, { ...wide, use_rope: false }, "dit."],
  ["ddt_default", ditDh, twoWidths, "ddt."],
];

describe.each(builtinBackends.map(({ id }) => id))("models equal the reference implementation on %s", (id) => {
  let device: Device;
  beforeAll(async () => {
    const backend = builtinBackends.find((candidate) => candidate.id === id);
    if (!backend) throw new Error(`no backend ${id}`);
    device = await backend.open({ precision: "fp32" });
  });
  afterAll(() => device.close());

  test.each(cases)("%s: output, loss, every gradient and the published keys", async (name, def, given, prefix) => {
    const wanted = golden[name] as Case;
    if (def.kind !== "model") throw new Error("not a model");
    const params = def.params.parse(given);
    const dims = { B: 2, ...(def.dims?.(params, {}) as Record<string, number>) };
    const node = { name: "net", def, params, inputs: {}, dims, at: { file: "", start: 0, end: 0 } };
    const live = createModel(node, 0, goldenWeights(def.weights(params, dims), prefix));
    const trainable = live.specs.filter((spec) => spec.trainable);
    const inputs = { x: upload(channelsLast(wanted.x)), t: upload(array(wanted.t)), label: upload(ints(wanted.y)) };
    const target = upload(channelsLast(wanted.target));
    const outputs: Tensor[] = [];
    const { value, grads } = tf.engine().gradients(
      () => {
        const { velocity } = def.apply(
          live.weights,
          inputs,
          params,
          stepContext(0, "net", () => 0, false),
        );
        if (!velocity) throw new Error("no velocity");
        outputs.push(tf.keep(velocity.clone()));
        return velocityLoss({ prediction: velocity, target }, {});
      },
      trainable.map((spec) => live.weights(spec.name)),
      undefined,
      true,
    );
    expect(worst(outputs[0]?.dataSync() ?? [], channelsLast(wanted.out).data)).toBeLessThan(2e-5);
    expect(Math.abs((value.dataSync()[0] ?? NaN) / wanted.loss - 1)).toBeLessThan(1e-5);
    const norms = Object.fromEntries(trainable.map((spec, i) => [spec.name, Math.hypot(...(grads[i]?.dataSync() ?? []))]));
    for (const [key, norm] of Object.entries(wanted.grad_norms))
      expect(Math.abs((norms[key] ?? NaN) - norm) / norm).toBeLessThan(1e-3);
    const saved = Object.keys(wanted.keys).filter((key) => !key.includes("feat_rope"));
    expect(live.specs.map((spec) => spec.name).sort()).toEqual(saved.sort());
  });
});
