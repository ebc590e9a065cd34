import { readFile } from "node:fs/promises";
import { describe, expect, test } from "@jest/globals";
import { adversarialLoss } from "../../../src/nodes/loss/adversarial.js";
import { criticLoss } from "../../../src/nodes/loss/critic.js";
import { featureDistance } from "../../../src/nodes/loss/feature-distance.js";
import { weightedSum } from "../../../src/nodes/loss/weighted-sum.js";
import { runNode } from "../../../src/runtime/testing/index.js";
import { presentBackends } from "../../acceptance/backends.js";

interface Losses {
  readonly real: { readonly data: number[] };
  readonly fake: { readonly data: number[] };
  readonly hinge_d: number;
  readonly vanilla_d: number;
  readonly vanilla_g: number;
}
const { gan_losses: golden } = JSON.parse(await readFile("test/fixtures/golden.json", "utf8")) as { gan_losses: Losses };
const scores = { real: [golden.real.data], fake: [golden.fake.data] };

describe.each(await presentBackends())("losses of the players on %s", (backend) => {
  test.each([
    ["hinge", golden.hinge_d],
    ["vanilla", golden.vanilla_d],
  ])("%s, as published", async (kind, expected) => {
    const { value } = await runNode(criticLoss, scores, { kind }, { backend });
    expect(value).toBeCloseTo(expected, 6);
  });

  test("of the generator, as published", async () => {
    const { value } = await runNode(adversarialLoss, { score: scores.fake }, {}, { backend });
    expect(value).toBeCloseTo(golden.vanilla_g, 6);
  });
});

describe("losses of the players", () => {
  test("its other form", async () => {
    const { value } = await runNode(adversarialLoss, { score: [[0, Math.log(3)]] }, { kind: "softplus" });
    expect(value).toBeCloseTo((Math.log(2) + Math.log(4 / 3)) / 2, 6);
  });

  test("the critic tells how often it is right, and both means", async () => {
    const out = await runNode(criticLoss, { real: [[2, 0, 1, 1]], fake: [[1, 1, 0, 2]] });
    expect(out).toMatchObject({ accuracy: 0.5, real_score: 1, fake_score: 1 });
  });
});

test("a sum takes weights, and leaves out what does not take part", async () => {
  expect(await runNode(weightedSum, { a: 1, b: 10, d: 1000 }, { weights: [2, 0.5] })).toEqual({ value: 1007 });
  expect(await runNode(weightedSum, { a: 3 })).toEqual({ value: 3 });
});

test("features at right angles are 2 apart at each depth, whatever their length; none is 1 from any", async () => {
  const a = [[[[3, 0]], [[0, 0]]]];
  const b = [[[[0, 5]], [[0, 2]]]];
  expect(await runNode(featureDistance, { a, b })).toEqual({ value: 3 });
  expect(await runNode(featureDistance, { a, b: a })).toEqual({ value: 0 });
});
