import type { PerStep } from "../../core/per-step.js";
import type { AttentionPlaces, AttentionPlan, CudnnAttention } from "./cudnn-attention.js";
import type { Grid, LaunchArgument } from "./gpu.js";
import type { DeviceNumbers } from "./numbers.js";

/** A matrix product c = op(a)·op(b) + bias, then an activation by its number in shared/kernels/mat-mul.ts; see cu/gemm.cu. */
export interface Product {
  readonly c: Place;
  readonly a: Place;
  readonly b: Place;
  readonly bias: Place | null;
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Numbers between batch items; 0 repeats one. */
  readonly strideA: number;
  readonly strideB: number;
  readonly activation: number;
}

/** Float numbers on the device. */
export interface Place {
  readonly address: number;
  readonly half: boolean;
}

export function placeOf(numbers: DeviceNumbers): Place {
  return { address: numbers.buffer.address + numbers.byteOffset, half: numbers.storage === "bf16" };
}

/** Where a call's work goes: to the stream, or into a graph that is being captured, or nowhere to learn what it needs. */
export interface Issue {
  readonly multiprocessors: number;
  launch(file: string, name: string, grid: Grid, args: readonly LaunchArgument[], threads?: number, shared?: number): void;
  product(product: Product): void;
  /** cuDNN's attention, where it is at hand. */
  readonly attention: CudnnAttention | undefined;
  attend(plan: AttentionPlan, places: AttentionPlaces, workspace: number): void;
  /** The way that is known to be the fastest for a key. */
  chosen(key: string): number | undefined;
  /** Does the call's whole work in one of several ways: the fastest, as it was found when this key was first met. */
  choose(key: string, ways: readonly (() => void)[]): void;
  /** Sets 32-bit words. */
  fill(address: number, word: number, count: number): void;
  /** Device memory for the time of this call. */
  scratch(bytes: number): number;
  /** Device memory with these float64 numbers; what is asked for per step is asked anew at each replay. */
  steps(values: readonly (number | PerStep)[]): number;
  /** Device memory with these 64-bit integers, which stay the same. */
  table(words: readonly number[]): number;
  /** Where kernels note what is wrong with their data: four ints; see cu/move.cu. */
  readonly fault: number;
}

/** Carries out a call: its memory and numbers in the order that native/cc says. */
export type Launcher = (issue: Issue, args: readonly LauncherArgument[]) => void;
export type LauncherArgument = DeviceNumbers | readonly DeviceNumbers[] | number | PerStep | null;
