import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";

import { cublasLtVersion } from "./cublaslt.js";
import { cudnnVersion } from "./cudnn-calls.js";
import { oldestCudnn } from "./cudnn-attention.js";
import { attributes, CudaError, openDriver } from "./driver.js";
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
  const lt = load(ffi, cublasLtLibrary);
  const cublasLt = typeof lt === "string" ? undefined : { library: lt.library, version: cublasLtVersion(lt.library) };
  const products = cublasLt ? "cuBLASLt" : `no cuBLASLt (${cublasLtLibrary.cure})`;
  const { cudnn, text } = findCudnn(ffi, cublasLt);
  return (loaded = {
    ffi, driver, compiler, cublasLt, cudnn,
    text: `${device.name}, ${device.memory}; ${compiler.version}, ${products}, ${text}`,
  }); // prettier-ignore
}

function findCudnn(ffi: Ffi, cublasLt: Versioned | undefined): { readonly cudnn: Versioned | undefined; readonly text: string } {
  const found = load(ffi, cudnnLibrary);
  if (typeof found === "string") return { cudnn: undefined, text: `no cuDNN (${cudnnLibrary.cure})` };
  const { version, cuda } = cudnnVersion(found.library);
  // 8 and older count thousands for the first number, 9 and newer ten thousands.
  const first = version < 10000 ? 1000 : 10000;
  const name = `cuDNN ${Math.floor(version / first)}.${Math.floor((version % first) / 100)}.${version % 100}`;
  if (version < oldestCudnn) return { cudnn: undefined, text: `${name} (too old to be used: 9.13 is needed)` };
  // It ends the process where it does not find the cuBLASLt of its own CUDA, which being loaded is enough for.
  if (cublasLt === undefined || Math.floor(cublasLt.version / 10000) !== cuda)
    return { cudnn: undefined, text: `${name} (not used: it needs the cuBLASLt of CUDA ${cuda})` };
  return { cudnn: { library: found.library, version }, text: name };
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
    const [major, minor] = [attributes.major, attributes.minor].map((attribute) =>
      driver.int("cuDeviceGetAttribute", attribute, device),
    ) as [number, number];
    if (major < 8)
      return `${driver.deviceName(device)} has compute capability ${major}.${minor}; 8.0 (Ampere) or newer is needed, for bf16`;
    return { name: driver.deviceName(device), memory: `${(driver.make("cuDeviceTotalMem_v2", device) / 1e9).toFixed(0)} GB` };
  } catch (error) {
    if (!(error instanceof CudaError)) throw error;
    return `the driver finds no usable GPU (${error.message}); check \`nvidia-smi\``;
  }
}

/** Held, for a library that nobody holds is unloaded. */
let builtins: Library | undefined;

/** NVRTC asks the loader for its builtins by name, and finds them only if they are loaded already. */
function loadBuiltins(ffi: Ffi, path: string): void {
  if (builtins !== undefined || !path.includes("/")) return;
  for (const name of readdirSync(dirname(path)).filter((file) => /^libnvrtc-builtins\.so/.test(file))) {
    try {
      builtins = ffi.load(join(dirname(path), name), { global: true });
      return;
    } catch {
      // The next name.
    }
  }
}
