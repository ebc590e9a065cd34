import type { PerStep } from "../../core/per-step.js";
import type { Allocator, Block } from "./allocator.js";
import type { Gpu } from "./gpu.js";
import type { Issue, Launcher, LauncherArgument, Product } from "./issue.js";
import { launchers } from "./launchers/index.js";
import type { Staging } from "./staging.js";

/** Bytes at which scratch memory starts: what cuBLASLt likes best. */
const alignment = 256;

/** Float64 numbers in the ring of per-step numbers. */
const ringNumbers = 4096;

/** Carries out calls one by one, as they come. */
export interface Workbench {
  readonly fault: Block;
  run(call: string, args: readonly LauncherArgument[]): void;
  close(): void;
}

/** What does a matrix product. */
export type Multiply = (product: Product) => void;

export function makeWorkbench(gpu: Gpu, memory: Allocator, staging: Staging, multiply: Multiply): Workbench {
  const fault = memory.take(16);
  gpu.driver.call("cuMemsetD32Async", fault.address, 0, 4, gpu.stream);
  const ring = memory.take(8 * ringNumbers);
  let nextNumber = 0;
  let main: Block | undefined;
  let extra: Block[] = [];
  let used = 0;
  let wanted = 0;

  const scratch = (bytes: number): number => {
    const size = Math.ceil(Math.max(1, bytes) / alignment) * alignment;
    wanted += size;
    if (main && used + size <= main.bytes) {
      used += size;
      return main.address + used - size;
    }
    const block = memory.take(size);
    extra.push(block);
    return block.address;
  };
  const issue: Issue = {
    multiprocessors: gpu.multiprocessors,
    fault: fault.address,
    launch: gpu.launch,
    product: multiply,
    fill: (address, word, count) => gpu.driver.call("cuMemsetD32Async", address, word, count, gpu.stream),
    scratch,
    steps(values) {
      if (nextNumber + values.length > ringNumbers) nextNumber = 0;
      const address = ring.address + 8 * nextNumber;
      nextNumber += values.length;
      staging.upload(address, bytesOf(Float64Array.from(values, valueNow)));
      return address;
    },
    table(words) {
      const address = scratch(8 * words.length);
      staging.upload(address, bytesOf(BigInt64Array.from(words, BigInt)));
      return address;
    },
  };
  return {
    fault,
    run(call, args) {
      used = 0;
      wanted = 0;
      launcherOf(call)(issue, args);
      if (extra.length === 0) return;
      // The stream's order makes it safe: whoever gets these blocks comes after what still uses them.
      extra.forEach((block) => memory.give(block));
      extra = [];
      if (main) memory.give(main);
      main = memory.take(wanted);
    },
    close() {
      for (const block of [fault, ring, ...(main ? [main] : [])]) memory.give(block);
    },
  };
}

export function launcherOf(call: string): Launcher {
  const launcher = launchers[call];
  if (!launcher) throw new Error(`cuda: there is no call "${call}"`);
  return launcher;
}

export function valueNow(value: number | PerStep): number {
  return typeof value === "function" ? value() : value;
}

export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
