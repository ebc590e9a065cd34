import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

import koffi from "koffi";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const sources = join(root, "test/backends/cuda/emulator");
const folder = join(root, "build/test/cuda-emulator");

const driverName = "libemulated-cuda.so";
const flags = ["-std=gnu++17", "-O1", "-fPIC", "-shared", "-fno-gnu-unique", "-Wall", "-Werror"];

/** What the double of the driver tells and takes; see emulator/driver.cc. */
export interface Emulator {
  /** The calls since the last `clear`, one a line. */
  journal(): string[];
  clear(): void;
  /** Lets the call of this name fail with a code, after so many that succeed. */
  fail(name: string, after: number, code: number): void;
  limit(bytes: number): void;
  /** The first number of the GPU's compute capability from now on. */
  capability(major: number): void;
  used(): number;
  most(): number;
}

/** True where the suites run on the machine's own GPU instead: bench/cuda-device.sh asks for it. */
export const onDevice = process.env["RAEGRAPH_CUDA_DEVICE"] !== undefined;

/** Why the doubles cannot be built here, if so. */
export function missing(): string | undefined {
  if (onDevice) return undefined;
  if (process.platform !== "linux" || process.arch !== "x64") return "the emulation is written for Linux on x86-64";
  try {
    execFileSync("g++", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "there is no g++";
  }
}

const noEmulator: Emulator = {
  journal: () => [],
  clear: () => undefined,
  fail: () => undefined,
  limit: () => undefined,
  capability: () => undefined,
  used: () => 0,
  most: () => 0,
};

/** Builds the doubles of NVIDIA's libraries where they are older than their sources, and lets the backend find them alone. */
export function useEmulator(): Emulator {
  if (onDevice) return noEmulator;
  mkdirSync(folder, { recursive: true });
  const header = join(sources, "emulate.h");
  const toolkit = existsSync("/usr/local/cuda/include/cuda.h") ? ["-I/usr/local/cuda/include"] : [];
  const rpath = ["-L", folder, "-l:libcuda.so.1", "-Wl,-rpath,$ORIGIN"];
  // Under its own name the double would be found by whoever looks for NVIDIA's driver in the same process later.
  build("driver.cc", "libcuda.so.1", [...flags, ...toolkit, `-Wl,-soname,${driverName}`, "-ldl"]);
  try {
    symlinkSync("libcuda.so.1", join(folder, driverName));
  } catch {
    // Another process, or an earlier run, has made it.
  }
  build("nvrtc.cc", "libnvrtc.so.13", [...flags, '-DEMULATOR_CXX="g++"', `-DEMULATOR_HEADER="${header}"`]);
  build("cublaslt.cc", "libcublasLt.so.13", [...flags, ...toolkit, ...rpath]);
  process.env["RAEGRAPH_CUDA_LIBRARIES"] = folder;
  // Another header gives other code from the same sources.
  process.env["RAEGRAPH_CUDA_CACHE"] = join(root, "build/test", `cuda-cache-${Math.round(statSync(header).mtimeMs)}`);
  const library = koffi.load(join(folder, "libcuda.so.1"));
  const [journal, clear, fail, limit, capability, used, most] = [
    library.func("const char *emulator_journal()"),
    library.func("void emulator_clear()"),
    library.func("void emulator_fail(const char *name, int after, int code)"),
    library.func("void emulator_limit(uint64_t bytes)"),
    library.func("void emulator_capability(int major)"),
    library.func("uint64_t emulator_used()"),
    library.func("uint64_t emulator_most()"),
  ] as unknown as ((...args: unknown[]) => unknown)[];
  return {
    journal: () => String(journal?.()).trimEnd().split("\n"),
    clear: () => void clear?.(),
    fail: (...args) => void fail?.(...args),
    limit: (bytes) => void limit?.(bytes),
    capability: (major) => void capability?.(major),
    used: () => Number(used?.()),
    most: () => Number(most?.()),
  };
}

/** What the double of cuDNN tells and takes; see emulator/cudnn.cc. */
export interface CudnnDouble {
  /** How many plans were run so far. */
  runs(): number;
  /** Whether it can be opened from now on. */
  starts(value: boolean): void;
}

/** Lets the backend find a double of cuDNN too. Call it after useEmulator. */
export function useCudnn(): CudnnDouble {
  if (onDevice) return { runs: () => 0, starts: () => undefined };
  mkdirSync(join(folder, "cudnn"), { recursive: true });
  const toolkit = existsSync("/usr/local/cuda/include/cuda.h") ? ["-I/usr/local/cuda/include"] : [];
  const file = "cudnn/libcudnn.so.9";
  build("cudnn.cc", file, [...flags, ...toolkit, "-L", folder, "-l:libcuda.so.1", "-Wl,-rpath,$ORIGIN/.."]);
  process.env["RAEGRAPH_CUDA_LIBRARIES"] = [folder, join(folder, "cudnn")].join(delimiter);
  const library = koffi.load(join(folder, file));
  const [runs, starts] = [
    library.func("uint64_t emulator_cudnn_runs()"),
    library.func("void emulator_cudnn_starts(int value)"),
  ] as unknown as ((...args: unknown[]) => unknown)[];
  return { runs: () => Number(runs?.()), starts: (value) => void starts?.(Number(value)) };
}

/** A cache with the kernels that are compiled already and no choices; no other process writes into it. */
export function privateCache(): string {
  const shared = process.env["RAEGRAPH_CUDA_CACHE"] ?? "";
  const own = mkdtempSync(join(tmpdir(), "cuda-cache-"));
  const kernels = existsSync(shared) ? readdirSync(shared).filter((file) => file.endsWith(".cubin")) : [];
  for (const file of kernels) symlinkSync(join(shared, file), join(own, file));
  process.env["RAEGRAPH_CUDA_CACHE"] = own;
  return own;
}

function build(source: string, library: string, options: readonly string[]): void {
  const [from, to] = [join(sources, source), join(folder, library)];
  const newest = Math.max(...[from, join(sources, "cuda-api.h")].map((file) => statSync(file).mtimeMs));
  if (existsSync(to) && statSync(to).mtimeMs > newest) return;
  const fresh = `${to}.${process.pid}`;
  const [own, linked] = [
    options.filter((option) => !option.startsWith("-l")),
    options.filter((option) => option.startsWith("-l")),
  ];
  execFileSync("g++", [
    ...own.filter((o) => !o.startsWith("-Wl")),
    from,
    "-o",
    fresh,
    ...linked,
    ...own.filter((o) => o.startsWith("-Wl")),
  ]);
  renameSync(fresh, to);
}
