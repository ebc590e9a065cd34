import type { PerStep } from "../../../core/per-step.js";
import type { LauncherArgument } from "../issue.js";
import type { DeviceNumbers } from "../numbers.js";

/** Blocks of 256 threads that walk over n numbers, `width` at a time: enough to fill any GPU, no more than there is work for. */
export function blocksFor(n: number, width: number, multiprocessors: number): number {
  return Math.max(1, Math.min(Math.ceil(n / (256 * width)), 16 * multiprocessors));
}

/** Reads a call's arguments one after the other. */
export class Arguments {
  private at = 0;

  constructor(
    private readonly call: string,
    private readonly list: readonly LauncherArgument[],
  ) {}

  get rest(): number {
    return this.list.length - this.at;
  }

  numbers(): DeviceNumbers {
    const value = this.maybe();
    if (!value) throw this.wrong("memory");
    return value;
  }

  maybe(): DeviceNumbers | null {
    const value = this.list[this.at++] ?? null;
    if (value !== null && (typeof value !== "object" || Array.isArray(value))) throw this.wrong("memory or null");
    return value as DeviceNumbers | null;
  }

  several(): readonly DeviceNumbers[] {
    const value = this.list[this.at++];
    if (!Array.isArray(value)) throw this.wrong("a list of memory");
    return value as readonly DeviceNumbers[];
  }

  number(): number {
    const value = this.list[this.at++];
    if (typeof value !== "number") throw this.wrong("a number");
    return value;
  }

  perStep(): number | PerStep {
    const value = this.list[this.at++];
    if (typeof value !== "number" && typeof value !== "function") throw this.wrong("a number or what gives one");
    return value;
  }

  /** So many numbers; all that are left where nothing is said. */
  all(count = this.rest): number[] {
    return Array.from({ length: count }, () => this.number());
  }

  private wrong(expected: string): Error {
    return new Error(`cuda: argument ${this.at - 1} of the call "${this.call}" is not ${expected}`);
  }
}
