import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { builtinBackends } from "../../../src/backends/index.js";
import { loadGraph } from "../../../src/runtime/load-graph.js";
import { UsageError } from "../../../src/runtime/usage-error.js";
import { keyOf } from "../../../src/runtime/verify/compare-steps.js";
import { verifyGraph } from "../../../src/runtime/verify/verify-graph.js";
import type { Verification, VerifyOptions } from "../../../src/runtime/verify/verify-graph.js";
import { tinyFolder } from "../../acceptance/tiny.js";
import { withWebGpu } from "../../backends/webgpu/with-webgpu.js";

let folder = "";
beforeAll(async () => {
  folder = await tinyFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function verify(compare: string[], more: Partial<VerifyOptions> = {}): Promise<Verification> {
  const graph = await loadGraph(join(folder, "tiny.yaml"));
  return verifyGraph(graph, {
    backends: builtinBackends,
    compare,
    steps: 2,
    tolerances: [],
    signal: new AbortController().signal,
    note: () => undefined,
    ...more,
  });
}

describe("reference and wasm", () => {
  let found: Verification;
  beforeAll(async () => {
    found = await verify(["reference", "wasm"]);
  });

  test("agree on every edge, gradient and number of the tiny graph", () => {
    const [other] = found.others;
    expect(other?.first).toBeUndefined();
    const places = other?.places.map(({ phase, place }) => `${phase} ${keyOf(place)}`) ?? [];
    expect(places.slice(0, 5)).toEqual([
      "train images.image",
      "train images.label",
      "train encoder.tokens",
      "train time.t",
      "train noisy.x",
    ]);
    expect(places).toContain("train loss.value");
    expect(places).toContain("train adam.grad_norm");
    expect(places.filter((place) => place.startsWith("train gradient of dit: ")).length).toBeGreaterThan(20);
    expect(places).toContain("sample picture.image");
  });

  test("are both told with their losses", () => {
    expect(found.losses["train/adam"]).toHaveLength(2);
    expect(found.others[0]?.losses["train/adam"]).toHaveLength(2);
    expect(found.device).toMatch(/^reference: /);
    expect(found.others[0]?.device).toMatch(/^wasm: /);
  });
});

test("a tolerance that nothing can meet names the first node that computes, and one of its own spares a node", async () => {
  const [strict] = (await verify(["reference", "wasm"], { tolerances: ["0"], steps: 1, phases: ["train"] })).others;
  expect(strict?.first?.place.node).toBe("encoder");
  const spared = await verify(["reference", "wasm"], { tolerances: ["0,encoder=1"], steps: 1, phases: ["train"] });
  expect(spared.others[0]?.first?.place.node).not.toBe("encoder");
});

test.each([
  [{ compare: ["wasm"] }, "a comparison takes two backends or more"],
  [{ compare: ["wasm", "wasn"] }, 'unknown backend "wasn"; did you mean "wasm"'],
  [{ compare: ["wasm", "reference:bf16"] }, "backend reference computes in fp32, not in bf16"],
  [{ phases: ["trian"] }, 'graph "tiny" has no phase "trian"; did you mean "train"?'],
  [{ tolerances: ["dti=1"] }, 'there is no node "dti" to give a tolerance; did you mean "dit"?'],
  [{ tolerances: ["dit="] }, 'tolerance "dit=" is none; write a share like 1e-3'],
])("%j is refused before anything runs", async (more, message) => {
  const refused = verify(["reference", "wasm"], more);
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(message);
});

withWebGpu("wasm and webgpu", () => {
  test("agree on the tiny stage-2 graph over ten steps, the losses within 1e-3", async () => {
    const { losses, others } = await verify(["wasm", "webgpu"], { steps: 10 });
    expect(others[0]?.first).toBeUndefined();
    const [ours = [], theirs = []] = [losses["train/adam"], others[0]?.losses["train/adam"]];
    expect(ours).toHaveLength(10);
    ours.forEach((loss, i) => expect(Math.abs((theirs[i] ?? NaN) / loss - 1)).toBeLessThan(1e-3));
  }, 300_000);
});
