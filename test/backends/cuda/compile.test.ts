import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { afterAll, describe, expect, test } from "@jest/globals";

import { loadFfi } from "../../../src/backends/cuda/ffi.js";
import { findCompiler } from "../../../src/backends/cuda/find-cuda.js";
import { readSource, sourceNames } from "../../../src/backends/cuda/sources.js";

/** Ampere, Hopper, and Blackwell's consumer cards, which compilers know from 12.8 on. */
const architectures = ["sm_80", "sm_90a", "sm_120"];
const knownTo = (version: string): string[] => {
  const [major = 0, minor = 0] = (/\d+\.\d+/.exec(version)?.[0] ?? "").split(".").map(Number);
  return architectures.filter((name) => name !== "sm_120" || 100 * major + minor >= 1208);
};

function nvcc(): string | undefined {
  try {
    return /release ([\d.]+)/.exec(execFileSync("nvcc", ["--version"], { encoding: "utf8" }))?.[1];
  } catch {
    return undefined;
  }
}

/** What the assembler says of one kernel. */
interface Kernel {
  readonly name: string;
  readonly spilled: number;
}

const folder = mkdtempSync(join(tmpdir(), "cuda-sources-"));

async function compile(name: string, architecture: string): Promise<Kernel[]> {
  const file = join(folder, `${name}.cu`);
  writeFileSync(file, readSource(name));
  const options = [
    "-cubin",
    "-std=c++17",
    `-arch=${architecture}`,
    "-Xptxas",
    "-v",
    "-o",
    join(folder, `${name}-${architecture}.cubin`),
    file,
  ];
  const { stderr } = await promisify(execFile)("nvcc", options);
  return [...stderr.matchAll(/Compiling entry function '(\w+)'[\s\S]*?(\d+) bytes spill stores, (\d+) bytes spill loads/g)].map(
    ([, kernel = "", stores, loads]) => ({ name: kernel, spilled: Number(stores) + Number(loads) }),
  );
}

const version = nvcc();

describe("every kernel compiles by nvcc", () => {
  if (version === undefined) {
    test.skip("not tested: there is no nvcc", () => undefined);
    return;
  }
  afterAll(() => rmSync(folder, { recursive: true }));

  // The longest first, so that the processors are done at about the same time.
  const jobs = sourceNames()
    .sort((a, b) => readSource(b).length - readSource(a).length)
    .flatMap((name) => knownTo(version).map((architecture) => ({ name, architecture })));
  const results = new Map<string, Promise<Kernel[]>>();
  const queue = [...jobs];
  const work = async (): Promise<void> => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const made = compile(job.name, job.architecture);
      results.set(`${job.name} ${job.architecture}`, made);
      await made.catch(() => undefined);
    }
  };
  const all = Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));

  test.each(jobs.map((job) => [job.name, job.architecture] as const))(
    "%s for %s, and keeps its numbers in registers",
    async (name, architecture) => {
      await all;
      const kernels = (await results.get(`${name} ${architecture}`)) ?? [];
      expect(kernels.length).toBeGreaterThan(0);
      expect(kernels.filter(({ spilled }) => spilled > 0)).toEqual([]);
    },
    900_000,
  );
});

const ffi = await loadFfi();
const compiler = ffi ? findCompiler(ffi) : "koffi is not installed";

describe("every kernel compiles by NVRTC, through the binding", () => {
  if (typeof compiler === "string") {
    test.skip(`not tested: ${compiler}`, () => undefined);
    return;
  }
  test("also after a garbage collection: what it needs stays loaded", () => {
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    expect(compiler.compile('extern "C" __global__ void f() {}', "f.cu", "sm_90a").length).toBeGreaterThan(0);
  });

  test.each(sourceNames().flatMap((name) => knownTo(compiler.version).map((architecture) => [name, architecture] as const)))(
    "%s for %s",
    (name, architecture) => {
      // An ELF file.
      expect([...compiler.compile(readSource(name), `${name}.cu`, architecture).subarray(0, 4)]).toEqual([
        0x7f, 0x45, 0x4c, 0x46,
      ]);
    },
    300_000,
  );
});
