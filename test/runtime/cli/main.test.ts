import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build } from "esbuild";

// The built command must lie below the project, where its libraries and its package.json are found.
const main = resolve("build/test/graph-command/main.js");
const assets = resolve("graphs/assets/fashion-mnist");
let folder = "";

beforeAll(async () => {
  const options = {
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "error",
  } as const;
  await build({ ...options, entryPoints: ["src/runtime/cli/main.ts"], outdir: "build/test/graph-command" });
  folder = await mkdtemp(join(tmpdir(), "graph-"));
  await writeFile(
    join(folder, "look.yaml"),
    `name: look
nodes:
  images: { type: data.idx, params: { images: ${assets}/t10k-images-idx3-ubyte.gz, batch: 4 } }
  grid: { type: out.image_grid, in: { image: images.image } }
phases:
  show: { run: [grid], steps: 3 }
`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function graph(...args: string[]): Promise<Ended> {
  return new Promise((done) => {
    const env = { ...process.env, NODE_OPTIONS: "" };
    const child = execFile(process.execPath, [...nodeFlags, main, ...args], { cwd: folder, env }, (_error, stdout, stderr) =>
      done({ code: child.exitCode ?? child.signalCode ?? "", stdout, stderr }),
    );
  });
}

/** Says at the end whether the tensor library was loaded. */
const nodeFlags = [
  "--import",
  'data:text/javascript,import m from "node:module";process.on("exit",()=>{if(Object.keys(m._cache).some((f)=>f.includes("tfjs-core")))process.stderr.write("(tensors)")})',
];

describe("usage", () => {
  test("no verb prints the verbs", async () => {
    const { code, stderr } = await graph();
    expect(code).toBe(2);
    for (const verb of ["run", "resume", "check", "print", "inspect"])
      expect(stderr).toMatch(new RegExp(`^  ${verb} .*\\w`, "m"));
  });

  test.each([
    [["chek", "look.yaml"], "Did you mean check?"],
    [["run", "look.yaml", "--bakend", "wasm"], "Did you mean --backend?"],
    [["run"], "missing required argument 'file'"],
    [["run", "look.yaml", "--threads", "two"], "whole number"],
    [["run", "look.yaml", "--precision", "fp8"], "fp32, bf16, f16"],
  ])("%p is refused with a hint", async (args, hint) => {
    const { code, stderr } = await graph(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(hint);
  });

  test("--version gives the package's version", async () => {
    expect(await graph("--version")).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
  });

  test("an option may stand before the verb", async () => {
    const before = await graph("--json", "check", "look.yaml");
    const after = await graph("check", "look.yaml", "--json");
    expect(before.code).toBe(0);
    expect(before).toEqual(after);
  });
});

describe("reading", () => {
  test("check prints types and cost without loading tensors", async () => {
    const { code, stdout, stderr } = await graph("check", "look.yaml");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("f32[4,28,28,1]");
    expect(stdout).toContain("no mistakes found");
  });

  test("check gives every mistake with its place, as text or JSON", async () => {
    const text = await graph("check", "look.yaml", "images.bacth=3", "grid.columns=0");
    expect(text.code).toBe(2);
    expect(text.stderr).toMatch(/<override>:1:\d+ error\[G104\].*"bacth"/);
    expect(text.stderr).toContain("2 mistakes; nothing ran");
    const json = await graph("check", "look.yaml", "--json", "images.bacth=3");
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({
      problems: [{ code: "G104", at: { file: "<override>", line: 1, start: expect.any(Number) } }],
    });
  });

  test("a file that is missing is a mistake like others", async () => {
    const { code, stderr } = await graph("run", "nowhere.yaml");
    expect(code).toBe(2);
    expect(stderr).toContain("G401");
    expect(stderr).toContain("no such file");
  });

  test("print gives a graph that prints the same again", async () => {
    const first = await graph("print", "look.yaml", "images.batch=2");
    expect(first.stdout).toContain("batch: 2");
    await writeFile(join(folder, "again.yaml"), first.stdout);
    expect((await graph("print", "again.yaml")).stdout).toBe(first.stdout);
  });

  test("print --origin says where each value was written", async () => {
    const { stdout } = await graph("print", "look.yaml", "--origin", "images.batch=2");
    expect(stdout).toContain("    type: data.idx@1  # look.yaml:3:19\n");
    expect(stdout).toContain("      batch: 2  # override images.batch=2\n");
    expect(stdout).toContain("      shuffle: false  # default\n");
    expect(stdout).toContain("    steps: 3  # look.yaml:6:31\n");
    expect(stdout).toMatch(/^nodes:$/m);
  });

  test("check holds tensors against what a backend's device can hold", async () => {
    expect(await graph("check", "look.yaml", "--backend", "wasm")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("device: wasm has no limit but memory"),
    });
    const { code, stdout } = await graph("check", "look.yaml", "--backend", "webgpu", "--json");
    expect(code).toBe(0);
    // Images go from their source to a sink: nothing is put on the device.
    expect(JSON.parse(stdout).device).toMatchObject({ backend: "webgpu", largest: null });
    expect(JSON.parse(stdout).device.tensor_bytes).toBeGreaterThanOrEqual(2 ** 27);
    expect(await graph("check", "look.yaml", "--backend", "wsam")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean "wasm"?'),
    });
  });

  test("explain tells of one code, and lists them all", async () => {
    expect((await graph("explain", "g306")).stdout).toMatch(/^G306: the two ends of an edge have different sizes\n[^]*cure/);
    expect((await graph("explain")).stdout).toMatch(/G101 .*\n[^]*G513 /);
    expect(await graph("explain", "G999")).toMatchObject({ code: 2, stderr: expect.stringContaining('no code "G999"') });
  });

  test("doctor says of each backend whether it runs here, without loading tensors", async () => {
    const { stdout, stderr } = await graph("doctor", "--json");
    expect(stderr).toBe("");
    const findings = JSON.parse(stdout) as { what: string; state: string }[];
    expect(findings).toContainEqual(expect.objectContaining({ what: "backend reference", state: "ok" }));
    expect(findings).toContainEqual(expect.objectContaining({ what: "node", says: process.version }));
  });

  test("inspect lists types and shows one without loading tensors", async () => {
    const { stdout, stderr } = await graph("inspect", "data.idx");
    expect(stdout).toContain("f32[B,H,W,1]");
    expect(stderr).toBe("");
    expect((await graph("inspect", "data.idy")).stderr).toContain('did you mean "data.idx"');
  });

  test("show prints a picture, or writes the format that the file's name ends in", async () => {
    const { code, stdout, stderr } = await graph("show", "look.yaml");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("▶ grid (out.image_grid) <- image=images.image [show]");
    expect(await graph("show", "look.yaml", "--out", "look.svg")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await readFile(join(folder, "look.svg"), "utf8")).toMatch(/^<svg /);
    expect(await graph("show", "look.yaml", "--out", "look.pdf")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(".svg"),
    });
    expect((await graph("show", "look.yaml", "--phase", "shwo")).stderr).toContain('did you mean "show"');
  });

  test("a reader that goes away is no failure", async () => {
    const child = spawn(process.execPath, [main, "inspect", "--json"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (part: Buffer) => (stderr += String(part)));
    const code = await new Promise((done) => child.on("close", done));
    expect([code, stderr]).toEqual([0, ""]);
  });
});

describe("running", () => {
  test("a smoke run proves the parts and leaves nothing", async () => {
    const { code, stdout, stderr } = await graph("run", "look.yaml", "--smoke", "--backend", "reference");
    expect(code).toBe(0);
    expect(stdout).toContain("smoke run finished");
    expect(stderr).toContain("phase=show step=2/2");
    expect(stderr).toContain("(tensors)");
    expect(await readdir(folder)).not.toContain("runs");
  });

  test("a run tells where its pictures lie", async () => {
    const { code, stdout } = await graph("run", "look.yaml", "--backend=reference", "--run-dir", "mine");
    expect(code).toBe(0);
    expect(stdout).toContain("mine/samples");
    expect(await readdir(join(folder, "mine/samples"))).toEqual(["step-00000000-grid.png"]);
  });

  test("a backend that does not exist is refused before a folder is made", async () => {
    const { code, stderr } = await graph("run", "look.yaml", "--backend", "cudda");
    expect(code).toBe(2);
    expect(stderr).toContain('unknown backend "cudda"');
    expect(await readdir(folder)).not.toContain("runs");
  });

  test("a sweep runs each value in a folder of its own, and resume knows what is done", async () => {
    const options = ["--run-dir", "swept", "--backend", "reference"];
    const { code, stdout } = await graph("run", "look.yaml", "--sweep", "images.batch=2,3", ...options);
    expect(code).toBe(0);
    expect(stdout).toContain("2 of 2 finished");
    expect(await readdir(join(folder, "swept/runs"))).toEqual(["1_images.batch=2_seed=0", "2_images.batch=3_seed=0"]);
    expect(await readFile(join(folder, "swept/reports/report.md"), "utf8")).toContain("varied: images.batch (2 values)");
    const again = await graph("resume", "swept", "--backend", "reference");
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("run 2 of 2: 3, seed 0: finished before")]);
    const wrong = await graph("run", "look.yaml", "--sweep", "images.batch=2,0");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("images.batch")]);
  });
});
