import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** A typed array that a kernel reads or writes. */
export type NativeArray = Float32Array | Int32Array | Uint8Array;

/** What a kernel is called with: arrays (null where left out), lists of arrays and numbers, in the order that its C++ comment gives. */
export type NativeArgument = NativeArray | readonly NativeArray[] | number | null | undefined;

/** Calls a kernel. Throws what the kernel finds wrong with its data. */
export type NativeCall = (...args: readonly NativeArgument[]) => void;

/** A program of the addon; it keeps its memory alive. */
export interface NativeProgram {
  readonly blocks: readonly ArrayBuffer[];
}

/** The C++ addon of `cc/`. One per process: threads and instruction set are shared. */
export interface NativeAddon {
  /** Memory that starts on a 64-byte boundary. Its contents are undefined. */
  allocate(bytes: number): ArrayBuffer;
  /** Gives memory of `allocate` back at once; all arrays on it become empty. */
  release(buffer: ArrayBuffer): void;
  /** Threads that work, the caller included. */
  setThreads(threads: number): void;
  threads(): number;
  /** The instruction set in use: amx, avx512bf16, avx512, avx2, neon or plain. */
  isa(): string;
  /** Those that this processor can run, the fastest first. */
  isas(): string[];
  /** False, and no change, where the processor cannot run it. The variable RAEGRAPH_ISA chooses at start. */
  setIsa(isa: string): boolean;
  /** Makes a program; `code` is laid out as cc/program.h says. */
  makeProgram(code: Float64Array, blocks: readonly ArrayBufferLike[]): NativeProgram;
  /** Runs a program on another thread, with numbers changed before: pairs of a number's place in the program and its value. Gives the seconds in its calls. */
  runProgram(program: NativeProgram, changes: Float64Array): Promise<number>;
  readonly kernels: Readonly<Record<string, NativeCall>>;
}

/** The addon's path. The variable RAEGRAPH_ADDON names another build of it, such as the one with sanitizers. */
export function addonFile(): string {
  const built = new URL("../../../build/raegraph-native.node", import.meta.url);
  return process.env["RAEGRAPH_ADDON"] ?? fileURLToPath(built);
}

/** True where the addon has been built. */
export function addonBuilt(): boolean {
  return existsSync(addonFile());
}

/** Loads the addon; throws where it has not been built. */
export function loadAddon(): NativeAddon {
  if (!addonBuilt()) throw new Error("native: the addon is not built; install g++ or clang++ and run `npm run build:native`");
  return createRequire(import.meta.url)(addonFile()) as NativeAddon;
}

/** A kernel of the addon by name; throws for a name that this build lacks. */
export function nativeCall(addon: NativeAddon, name: string): NativeCall {
  const call = addon.kernels[name];
  if (!call)
    throw new Error(`native: the addon has no kernel "${name}"; it is older than the sources, run \`npm run build:native\``);
  return call;
}
