import { readdir, rm } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { benchVerb } from "../../../src/runtime/cli/bench.js";
import type { BenchFlags } from "../../../src/runtime/cli/bench.js";
import { tinyFolder } from "../../acceptance/tiny.js";

const home = process.cwd();
let folder = "";
beforeAll(async () => {
  folder = await tinyFolder();
  process.chdir(folder);
});
afterEach(() => void jest.restoreAllMocks());
afterAll(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

/** What the verb gives and says. */
async function bench(file: string, more: Partial<BenchFlags> = {}): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  jest.spyOn(process.stdout, "write").mockImplementation((part) => (said.out += String(part)) !== "");
  jest.spyOn(process.stderr, "write").mockImplementation((part) => (said.err += String(part)) !== "");
  const code = await benchVerb(file, [], { backend: "reference", precision: "fp32", steps: 1, ...more });
  return { code, ...said };
}

test("the table names nodes, types and parts, and the run leaves no folder", async () => {
  const before = await readdir(".", { recursive: true });
  const { code, out } = await bench("tiny.yaml");
  expect(code).toBe(0);
  expect(out).toMatch(/^tiny\.yaml, phase train: \d+\.\d ms a step \(median of 1, least \d+\.\d\), [\d.]+ images\/s\n/);
  expect(out).toMatch(/^ {2}dit +model\.dit_dh +forward +\d+\.\d\d +\d+\.\d% +\d+\.\d$/m);
  expect(out).toMatch(/^ {2}dit +model\.dit_dh +backward /m);
  expect(out).toMatch(/^ {2}adam +train\.adamw +update /m);
  expect(await readdir(".", { recursive: true })).toEqual(before);
});

test("--json prints one object", async () => {
  const { code, out } = await bench("tiny.yaml", { json: true, phase: "sample" });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({
    graph: "tiny",
    phase: "sample",
    device: expect.stringContaining("reference"),
    precision: "fp32",
    batch: 4,
    steps: 1,
    step_ms: expect.any(Number),
    step_ms_min: expect.any(Number),
    images_per_s: expect.any(Number),
    flops: expect.any(Number),
    peak_gflops: null,
    floor_ms: null,
    by_node_ms: expect.any(Number),
    rows: expect.arrayContaining([
      {
        node: "drawn",
        type: "flow.ode",
        part: "forward",
        ms: expect.any(Number),
        share: expect.any(Number),
        gflops: expect.any(Number),
        of_peak: null,
      },
    ]),
    left_out: ["grid"],
  });
});

test("a file that is missing is a mistake of the caller, and so is a phase", async () => {
  const missing = await bench("nowhere.yaml");
  expect([missing.code, missing.out]).toEqual([2, ""]);
  expect(missing.err).toContain("no such file");
  const phase = await bench("tiny.yaml", { phase: "sampel" });
  expect(phase.code).toBe(2);
  expect(phase.err).toContain('did you mean "sample"');
});
