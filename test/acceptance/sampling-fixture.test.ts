import { describe, expect, test } from "@jest/globals";
import { worst } from "../support/golden.js";
import { fixtureArrays, runFixture } from "../support/run-fixture.js";
import { presentBackends } from "./backends.js";

const wanted = await fixtureArrays("sampling/io");

const cases: readonly [key: string, ...overrides: string[]][] = [
  ["sample.euler.10", "sampler.method=euler", "sampler.steps=10"],
  ["sample.midpoint.6", "sampler.method=midpoint", "sampler.steps=6"],
  ["sample.dopri5.5", "sampler.method=dopri5", "sampler.steps=5"],
  ["sample.cfg", "sampler.steps=8", "sampler.guidance=1.8", "sampler.guidance_from=0.1", "sampler.guidance_to=0.9"],
  ["sample.autoguidance", "sampler.steps=8", "sampler.guidance=1.5", "+nodes.sampler.in.guide=guide.model"],
];

/**
 * The first error estimate of dopri5 lies at the rounding of float32 (5e-8 of the state), and the length of all later steps follows from it:
 * 2% of it are 1e-4 of the sample, a tenth of its tolerance. Given the reference's own estimate, the sample agrees to 5e-6.
 */
const adaptive = 3e-4;

describe.each(await presentBackends())("samples of the reference implementation on %s", (backend) => {
  test.each(cases)("%s", async (key, ...overrides) => {
    if (key.includes("dopri5") && backend === "webgpu") {
      // The length of its next step is a number of the device, which a page gets only when the step is over.
      await expect(runFixture("sampling/sampling", backend, overrides)).rejects.toThrow("take a sampler of fixed steps");
      return;
    }
    const { arrays } = await runFixture("sampling/sampling", backend, overrides);
    const difference = worst(arrays.get("sample")?.data ?? [], wanted.get(key)?.data ?? []);
    expect(difference).toBeLessThan(key.includes("dopri5") ? adaptive : 1e-4);
  });
});
