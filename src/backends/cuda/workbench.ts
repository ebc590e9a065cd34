import type { PerStep } from "../../core/per-step.js";
import type { Allocator, Block } from "./allocator.js";
import type { Choices } from "./choices.js";
import type { CudnnAttention } from "./cudnn-attention.js";
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

/** What does the heavy work. */
export interface Means {
  readonly multiply: Multiply;
  /** cuDNN's, where it is at hand and bf16 is asked for. */
  readonly attention: CudnnAttention | undefined;
  /** Which of several ways is the fastest. */
  readonly choices: Choices;
}

export function makeWorkbench(gpu: Gpu, memory: Allocator, staging: Staging, means: Means): Workbench {
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
  const begin = (): void => {
    used = 0;
    wanted = 0;
  };
  const settle = (): void => {
    if (extra.length === 0) return;
    // The stream's order makes it safe: whoever gets these blocks comes after what still uses them.
    extra.forEach((block) => memory.give(block));
    extra = [];
    if (main) memory.give(main);
    main = memory.take(wanted);
  };
  const issue: Issue = {
    multiprocessors: gpu.multiprocessors,
    fault: fault.address,
    launch: gpu.launch,
    product: means.multiply,
    attention: means.attention,
    attend: (plan, places, workspace) => plan.run(places, workspace),
    chosen: means.choices.known,
    choose(key, ways) {
      // Memory that the first try was short of is there for the timed ones.
      const tries = ways.map((way) => () => {
        begin();
        way();
        settle();
      });
      tries[means.choices.fastest(key, tries) ?? 0]?.();
    },
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
      begin();
      launcherOf(call)(issue, args);
      settle();
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
