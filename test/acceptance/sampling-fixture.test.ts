import { describe, expect, test } from "@jest/globals";
import { worst } from "../support/golden.js";
import { fixtureArrays, runFixture } from "../support/run-fixture.js";
import { presentBackends } from "./backends.js";

const wanted = await fixtureArrays("sampling/io");
/** The same by PyTorch in float64. */
const exact = await fixtureArrays("sampling/dopri5-float64");

const cases: readonly [key: string, ...overrides: string[]][] = [
  ["sample.euler.10", "sampler.method=euler", "sampler.steps=10"],
  ["sample.midpoint.6", "sampler.method=midpoint", "sampler.steps=6"],
  ["sample.dopri5.5", "sampler.method=dopri5", "sampler.steps=5"],
  ["sample.cfg", "sampler.steps=8", "sampler.guidance=1.8", "sampler.guidance_from=0.1", "sampler.guidance_to=0.9"],
  ["sample.autoguidance", "sampler.steps=8", "sampler.guidance=1.5", "+nodes.sampler.in.guide=guide.model"],
];

/**
 * The first error estimate of dopri5 lies at the rounding of float32 (5e-8 of the state), and the length of all later steps follows from it:
 * 2% of it are 1e-4 of the sample, a tenth of its tolerance. So PyTorch's own sample moves by as much with its number of threads and
 * its instruction set: `bench/peers/torch_dopri5.py` and docs/parity.md.
 */
const adaptive = 3e-4;

describe.each(await presentBackends())("samples of the reference implementation on %s", (backend) => {
  test.each(cases)("%s", async (key, ...overrides) => {
    const { arrays } = await runFixture("sampling/sampling", backend, overrides);
    const difference = worst(arrays.get("sample")?.data ?? [], wanted.get(key)?.data ?? []);
    if (!key.includes("dopri5")) return expect(difference).toBeLessThan(1e-4);
    expect(difference).toBeLessThan(adaptive);
    expect(worst(arrays.get("sample")?.data ?? [], exact.get(key)?.data ?? [])).toBeLessThan(1e-4);
  });
});
