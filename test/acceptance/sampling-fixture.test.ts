import { describe, expect, test } from "@jest/globals";
import { worst } from "../support/golden.js";
import { fixtureArrays, runFixture } from "../support/run-fixture.js";
import { availableBackends } from "./backends.js";

const wanted = await fixtureArrays("sampling/io");

const cases: readonly (readonly [key: string, ...overrides: string[]])[] = [
  ["sample.euler.10", "sampler.method=euler", "sampler.steps=10"],
  ["sample.midpoint.6", "sampler.method=midpoint", "sampler.steps=6"],
  ["sample.dopri5.5", "sampler.method=dopri5", "sampler.steps=5"],
  ["sample.cfg", "sampler.steps=8", "sampler.guidance=1.8", "sampler.guidance_from=0.1", "sampler.guidance_to=0.9"],
  ["sample.autoguidance", "sampler.steps=8", "sampler.guidance=1.5", "+nodes.sampler.in.guide=guide.model"],
];

describe.each(await availableBackends())("samples of the reference implementation on %s", (backend) => {
  test.each(cases)("%s", async (key, ...overrides) => {
    const { arrays } = await runFixture("sampling/sampling", backend, overrides);
    const difference = worst(arrays.get("sample")?.data ?? [], wanted.get(key)?.data ?? []);
    console.log(backend, key, difference);
    expect(difference).toBeLessThan(1e-4);
  });
});
