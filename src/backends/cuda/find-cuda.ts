import { cublasLtVersion } from "./cublaslt.js";
import { cudnnVersion } from "./cudnn.js";
import { oldestCudnn } from "./cudnn-attention.js";
import { CudaError, openDriver } from "./driver.js";
import type { Driver } from "./driver.js";
import { loadFfi, loadFirst } from "./ffi.js";
import type { Ffi, Library } from "./ffi.js";
import { candidates, cublasLtLibrary, cudnnLibrary, driverLibrary, nvrtcLibrary } from "./libs.js";
import type { Wanted } from "./libs.js";
import { openNvrtc } from "./nvrtc.js";
import type { Compiler } from "./nvrtc.js";

/** What this machine has for the backend. */
export interface FoundCuda {
  readonly ffi: Ffi;
  readonly driver: Driver;
  readonly compiler: Compiler;
  /** Undefined where there is none: our own kernel does the products. */
  readonly cublasLt: Versioned | undefined;
  /** Undefined where there is none: our own kernels do attention. */
  readonly cudnn: Versioned | undefined;
  /** One line for `probe`. */
  readonly text: string;
}

/** A library with its version as its own function gives it. */
export interface Versioned {
  readonly library: Library;
  readonly version: number;
}

let loaded: FoundCuda | undefined;

/** Finds the libraries and a GPU; else says what is missing and how to get it. Libraries stay loaded. */
export async function findCuda(): Promise<FoundCuda | string> {
  if (loaded) return loaded;
  if (process.platform !== "linux") return "NVIDIA's libraries are looked for on Linux only; use another --backend";
  const ffi = await loadFfi();
  if (!ffi) return "the npm package koffi is not installed for this platform; run `npm install koffi@3.3.4`";
  const driverFile = load(ffi, driverLibrary);
  if (typeof driverFile === "string") return driverFile;
  const driver = openDriver(ffi, driverFile.library);
  const device = firstDevice(driver);
  if (typeof device === "string") return device;
  const compiler = findCompiler(ffi);
  if (typeof compiler === "string") return `${device.name} is there, but ${compiler}`;
  const cublasLt = loadVersioned(ffi, cublasLtLibrary, cublasLtVersion);
  const cudnn = loadVersioned(ffi, cudnnLibrary, cudnnVersion);
  const products = cublasLt ? "cuBLASLt" : `no cuBLASLt (${cublasLtLibrary.cure})`;
  const text = `${device.name}, ${device.memory}; ${compiler.version}, ${products}, ${describeCudnn(cudnn?.version)}`;
  return (loaded = { ffi, driver, compiler, cublasLt, cudnn, text });
}

function loadVersioned(ffi: Ffi, wanted: Wanted, versionOf: (library: Library) => number): Versioned | undefined {
  const found = load(ffi, wanted);
  return typeof found === "string" ? undefined : { library: found.library, version: versionOf(found.library) };
}

function describeCudnn(version: number | undefined): string {
  if (version === undefined) return `no cuDNN (${cudnnLibrary.cure})`;
  // 8 and older count thousands for the first number, 9 and newer ten thousands.
  const first = version < 10000 ? 1000 : 10000;
  const name = `cuDNN ${Math.floor(version / first)}.${Math.floor((version % first) / 100)}.${version % 100}`;
  return version < oldestCudnn ? `${name} (too old to be used: 9.13 is needed)` : name;
}

/** NVRTC, which needs no GPU; else how to get it. */
export function findCompiler(ffi: Ffi): Compiler | string {
  const nvrtc = load(ffi, nvrtcLibrary);
  if (typeof nvrtc === "string") return nvrtc;
  loadBuiltins(ffi, nvrtc.path);
  return openNvrtc(nvrtc.library);
}

function load(ffi: Ffi, wanted: Wanted): { readonly library: Library; readonly path: string } | string {
  const found = loadFirst(ffi, candidates(wanted));
  if (typeof found !== "string") return found;
  return `${wanted.files[0] ?? wanted.name} does not load; ${wanted.cure}`;
}

function firstDevice(driver: Driver): { readonly name: string; readonly memory: string } | string {
  try {
    driver.call("cuInit", 0);
    if (driver.int("cuDeviceGetCount") === 0) return "the driver sees no GPU; check CUDA_VISIBLE_DEVICES and `nvidia-smi`";
    const version = driver.int("cuDriverGetVersion");
    if (version < 12000)
      return `the driver speaks CUDA ${Math.floor(version / 1000)}.${(version % 1000) / 10}; version 525 or newer speaks CUDA 12, which is needed`;
    const device = driver.int("cuDeviceGet", 0);
    return { name: driver.deviceName(device), memory: `${(driver.make("cuDeviceTotalMem_v2", device) / 1e9).toFixed(0)} GB` };
  } catch (error) {
    if (!(error instanceof CudaError)) throw error;
    return `the driver finds no usable GPU (${error.message}); check \`nvidia-smi\``;
  }
}

/** NVRTC asks the loader for its builtins by name, and finds them only if they are loaded already. */
function loadBuiltins(ffi: Ffi, path: string): void {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return;
  const folder = path.slice(0, slash);
  for (const name of ["libnvrtc-builtins.so.13.0", "libnvrtc-builtins.so.13", "libnvrtc-builtins.so"]) {
    try {
      ffi.load(`${folder}/${name}`, { global: true });
      return;
    } catch {
      // The next name.
    }
  }
}
