import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { fastestPeer } from "../../bench/torch/fastest.mjs";
import { canCompile, findTorch, handicap, usualPythons } from "../../bench/torch/find-torch.mjs";
import { parsePeer } from "../../bench/torch/parse-peer.mjs";
import { runPeer } from "../../bench/torch/peer.mjs";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "torch-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An executable that stands where a Python might, written in the shell's language. */
async function program(name: string, script: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

describe("what a peer prints", () => {
  test("is the last JSON line; libraries may print before and after", () => {
    const stdout = 'a warning\n{"ms_median": 1}\n{"ms_median": 2.5, "torch": "2.1"}\n{broken\nbye\n';
    expect(parsePeer(stdout)).toEqual({ ms_median: 2.5, torch: "2.1" });
  });

  test.each([
    ["nothing", "", "but: nothing"],
    ["no JSON", "Segmentation fault\n", "but: Segmentation fault"],
  ])("%s is an error that shows it", (_what, stdout, message) => {
    expect(() => parsePeer(stdout)).toThrow(message);
  });

  test("is told with its last words where it fails", async () => {
    const python = await program("failing", 'echo "ModuleNotFoundError: numpy" >&2; exit 3');
    await expect(runPeer({ python, script: "peer.py", threads: 2 }, ["--steps", "1"])).rejects.toThrow(
      `the peer failed (3): ${python} peer.py --steps 1\nModuleNotFoundError: numpy`,
    );
  });

  test("comes from as many threads as ours", async () => {
    const python = await program("threads", 'echo "{\\"omp\\": $OMP_NUM_THREADS, \\"blas\\": $OPENBLAS_NUM_THREADS}"');
    expect(await runPeer({ python, script: "peer.py", threads: 3 }, [])).toEqual({ omp: 3, blas: 3 });
  });
});

describe("finding PyTorch", () => {
  test("keeps each installation once, in the order of the list", async () => {
    const torch = (version: string, file: string): string => `echo '${JSON.stringify({ version, file, blas: "mkl" })}'`;
    const first = await program("first", torch("2.1.0", "/a/torch"));
    const same = await program("same", torch("2.1.0", "/a/torch"));
    const other = await program("other", torch("1.13.0", "/b/torch"));
    const without = await program("without", "exit 1");
    expect(await findTorch([join(folder, "absent"), without, first, same, other])).toEqual([
      { python: first, version: "2.1.0", blas: "mkl" },
      { python: other, version: "1.13.0", blas: "mkl" },
    ]);
  });

  test("fails with what was tried and what to install", async () => {
    const without = await program("without", "exit 1");
    const found = findTorch([join(folder, "absent"), without]);
    await expect(found).rejects.toThrow(`none of these Pythons imports it: ${folder}/absent, ${without}.`);
    await expect(found).rejects.toThrow("apt-get install python3-torch");
    await expect(found).rejects.toThrow("pip install torch");
  });

  test("asks the user's Pythons first", () => {
    const env = { RAEGRAPH_TORCH_PYTHON: ["/x/python", "/y/python"].join(delimiter), VIRTUAL_ENV: "/v" };
    expect(usualPythons(env).slice(0, 3)).toEqual(["/x/python", "/y/python", "/v/bin/python"]);
    expect(usualPythons({})).toContain("python3");
  });

  test("knows which versions compile", () => {
    expect(["1.13.0a0", "2.0.1+cpu", "10.0"].map(canCompile)).toEqual([false, true, true]);
  });

  test("says so where matrices are multiplied by the reference BLAS", () => {
    expect(handicap({ blas: "reference" })).toContain("libopenblas");
    expect(handicap({ blas: "openblas" })).toBeUndefined();
  });
});

describe("the fastest peer", () => {
  const said: string[] = [];
  const ask = (torches: { python: string; version: string; blas: string }[], more = {}): ReturnType<typeof fastestPeer> =>
    fastestPeer({
      torches,
      script: "x",
      threads: 1,
      args: [],
      time: ({ ms }: { ms: number }) => ms,
      note: (line: string) => said.push(line),
      ...more,
    });

  test("is the one with the least time, eager or compiled", async () => {
    const old = await program("old", `echo '{"ms": 30}'`);
    const recent = await program("recent", `case "$*" in *--compile*) echo '{"ms": 20}';; *) echo '{"ms": 25}';; esac`);
    const torches = [
      { python: old, version: "1.13.0", blas: "mkl" },
      { python: recent, version: "2.1.0", blas: "mkl" },
    ];
    expect(await ask(torches)).toMatchObject({ python: recent, mode: "compiled", flags: ["--compile"] });
    expect(await ask(torches, { compile: false })).toMatchObject({ python: recent, mode: "eager", flags: [] });
  });

  test("is none that fails, which is told", async () => {
    const python = await program(
      "half",
      `case "$*" in *--compile*) echo "no compiler" >&2; exit 1;; *) echo '{"ms": 25}';; esac`,
    );
    said.length = 0;
    expect(await ask([{ python, version: "2.1.0", blas: "mkl" }])).toMatchObject({ mode: "eager" });
    expect(said.join("\n")).toMatch(/PyTorch 2\.1\.0 compiled: left out, .*no compiler/s);
  });

  test("must be there", async () => {
    const python = await program("never", "exit 1");
    await expect(ask([{ python, version: "2.1.0", blas: "mkl" }])).rejects.toThrow("no PyTorch here runs the peer");
  });
});
