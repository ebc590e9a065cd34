import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { builtinBackends } from "../../../src/backends/index.js";
import type { Device } from "../../../src/core/define-backend.js";
import type { NodeDef } from "../../../src/core/define-node.js";
import { dit } from "../../../src/nodes/model/dit.js";
import { ditDh } from "../../../src/nodes/model/dit-dh.js";
import { presentBackends } from "../../acceptance/backends.js";
import { differentiateModel } from "../../support/differentiate-model.js";
import { fixtureFolder, loadFixture, presentFixtures } from "../../support/fixture.js";
import { array, channelsLast, distance, golden, goldenWeights, ints, worst } from "../../support/golden.js";
import type { Golden } from "../../support/golden.js";

interface Case {
  readonly x: Golden;
  readonly t: Golden | readonly number[];
  readonly y: readonly number[];
  readonly out: Golden;
  readonly target?: Golden;
  readonly loss?: number;
  readonly grad_norms?: Readonly<Record<string, number>>;
  readonly grad_sample?: Readonly<Record<string, Golden>>;
  readonly keys?: Readonly<Record<string, readonly number[]>>;
}

const tiny = { input_size: 3, in_channels: 6, num_classes: 5 };
const wide = { ...tiny, hidden_size: 16, depth: 2, num_heads: 2 };
const twoWidths = { ...tiny, hidden_size: [16, 24], depth: [2, 1], num_heads: [2, 3] };
const twoPatches = { ...wide, depth: 1, input_size: 4, in_channels: 3, patch_size: 2 };

const cases: readonly [name: string, def: NodeDef, params: Record<string, unknown>, prefix: string][] = [
  ["lightning_dit_default", dit, wide, "dit."],
  ["lightning_dit_qknorm", dit, { ...wide, use_qknorm: true }, "dit."],
  ["lightning_dit_gelu_layernorm", dit, { ...wide, use_swiglu: false, use_rmsnorm: false }, "dit."],
  ["lightning_dit_norope", dit, { ...wide, use_rope: false }, "dit."],
  ["lightning_dit_patch2", dit, twoPatches, "ditp2."],
  ["ddt_default", ditDh, twoWidths, "ddt."],
  ["ddt_equal_width", ditDh, { ...tiny, hidden_size: [16, 16], depth: [1, 1], num_heads: 2 }, "ddteq."],
];

const folders = presentFixtures(["lightning-dit", "lightning-dit-patch2", "ditdh", "ditdh-qknorm"]);
const backends = await presentBackends();

describe.each(backends)("models equal the reference implementation on %s", (id) => {
  let device: Device;
  beforeAll(async () => {
    const backend = builtinBackends.find((candidate) => candidate.id === id);
    if (!backend) throw new Error(`no backend ${id}`);
    device = await backend.open({ precision: "fp32" });
  });
  afterAll(() => device.close());

  test.each(cases)("%s: output, loss, every gradient and the published keys", async (name, def, params, prefix) => {
    if (def.kind !== "model") throw new Error("not a model");
    // The case of equal widths has the inputs of the default case.
    const wanted = { ...(golden["ddt_default"] as Case), ...(golden[name] as Case) };
    const { target, loss, grad_norms: norms, grad_sample: samples, keys } = golden[name] as Case;
    const weights = goldenWeights(def.weights(def.params.parse(params), {}), prefix);
    const t = "data" in wanted.t ? array(wanted.t) : array({ shape: [wanted.t.length], data: wanted.t });
    const inputs = { x: channelsLast(wanted.x), t, label: ints(wanted.y) };
    const got = await differentiateModel(def, params, weights, target ? { ...inputs, target: channelsLast(target) } : inputs);
    expect(worst(got.velocity, channelsLast(wanted.out).data)).toBeLessThan(2e-5);
    if (loss !== undefined) expect(Math.abs(got.loss / loss - 1)).toBeLessThan(1e-5);
    for (const [key, norm] of Object.entries(norms ?? {}))
      expect(Math.abs(Math.hypot(...Array.from(got.gradients.get(key) ?? [])) - norm) / norm).toBeLessThan(1e-3);
    // The first numbers of a gradient, or of one of its rows: `key[row]`.
    for (const [place, { data }] of Object.entries(samples ?? {})) {
      const [key = "", row = 0] = place.split(/[[\]]/);
      const from = Number(row) * 16;
      const first = Array.from(got.gradients.get(key) ?? []).slice(from, from + data.length);
      expect(worst(first, data)).toBeLessThan(1e-3 * (norms?.[key] ?? NaN));
    }
    // Rotary tables are computed, not loaded.
    const saved = Object.keys(keys ?? {}).filter((key) => !key.includes("feat_rope"));
    if (saved.length > 0) expect([...got.names].sort()).toEqual(saved.sort());
  });

  // Jest takes an empty table for a mistake.
  if (folders.length === 0) test.skip("fixtures: not tested, ../shared/fixtures is not here", () => undefined);
  else testFixtures();
});

function testFixtures(): void {
  test.each(folders)("fixture %s: output, loss and every gradient", async (name) => {
    const { weights, settings, get, io } = await loadFixture(fixtureFolder(name) ?? "");
    const last = (key: string): ReturnType<typeof channelsLast> =>
      channelsLast({ shape: get(key).shape, data: [...get(key).data] });
    const inputs = { x: last("xt"), t: get("t"), label: get("y"), target: last("target") };
    const got = await differentiateModel(name.startsWith("ditdh") ? ditDh : dit, settings, weights, inputs);
    expect(worst(got.velocity, last("v").data)).toBeLessThan(2e-5);
    expect(Math.abs(got.loss / (get("loss").data[0] ?? NaN) - 1)).toBeLessThan(1e-5);
    const wanted = [...io].filter(([key]) => key.startsWith("grad."));
    expect(wanted.map(([key]) => key.slice("grad.".length)).sort()).toEqual([...got.gradients.keys()].sort());
    for (const [key, { data }] of wanted)
      expect(distance(got.gradients.get(key.slice("grad.".length)) ?? [], data)).toBeLessThan(1e-3);
  });
}
