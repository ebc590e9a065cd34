import { rotaryTables } from "../../src/core/ops/rotary.js";
import type { Attrs } from "../../src/core/define-op.js";

/** One input: its shape, and integers below `below` instead of normal numbers. */
export interface InputCase {
  readonly shape: readonly number[];
  readonly below?: number;
  readonly values?: Float32Array;
}

/** Inputs and attributes on which an op is held to its meaning. */
export interface OpCase {
  readonly kernel: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, InputCase>>;
  readonly attrs: Attrs;
  /** Inputs whose gradient is compared. */
  readonly wrt: readonly string[];
}

const of = (...shape: number[]): InputCase => ({ shape });
const tables = rotaryTables(8, 3);

export const opCases: readonly OpCase[] = [
  { kernel: "Silu", name: "vector", inputs: { x: of(2, 3, 5) }, attrs: {}, wrt: ["x"] },
  { kernel: "Gelu", name: "erf", inputs: { x: of(2, 3, 5) }, attrs: { form: "erf" }, wrt: ["x"] },
  { kernel: "Gelu", name: "tanh", inputs: { x: of(7) }, attrs: { form: "tanh" }, wrt: ["x"] },
  { kernel: "Swiglu", name: "tokens", inputs: { u: of(2, 3, 10) }, attrs: {}, wrt: ["u"] },
  {
    kernel: "RmsNorm",
    name: "tokens",
    inputs: { x: of(2, 3, 16), weight: of(16) },
    attrs: { epsilon: 1e-6 },
    wrt: ["x", "weight"],
  },
  { kernel: "LayerNorm", name: "plain", inputs: { x: of(2, 3, 17) }, attrs: { epsilon: 1e-6 }, wrt: ["x"] },
  {
    kernel: "LayerNorm",
    name: "affine",
    inputs: { x: of(2, 3, 16), weight: of(16), bias: of(16) },
    attrs: { epsilon: 1e-5 },
    wrt: ["x", "weight", "bias"],
  },
  {
    kernel: "Modulate",
    name: "one condition a sample",
    inputs: { x: of(2, 3, 8), scale: of(2, 1, 8), shift: of(2, 1, 8) },
    attrs: {},
    wrt: ["x", "scale", "shift"],
  },
  { kernel: "Modulate", name: "no shift", inputs: { x: of(2, 3, 8), scale: of(2, 1, 8) }, attrs: {}, wrt: ["x", "scale"] },
  {
    kernel: "Modulate",
    name: "one condition a token",
    inputs: { x: of(2, 3, 8), scale: of(2, 3, 8), shift: of(2, 3, 8) },
    attrs: {},
    wrt: ["x", "scale", "shift"],
  },
  {
    kernel: "Gate",
    name: "one gate a sample",
    inputs: { x: of(2, 3, 8), y: of(2, 3, 8), gate: of(2, 1, 8) },
    attrs: {},
    wrt: ["x", "y", "gate"],
  },
  {
    kernel: "Gate",
    name: "one gate a token",
    inputs: { x: of(2, 3, 8), y: of(2, 3, 8), gate: of(2, 3, 8) },
    attrs: {},
    wrt: ["x", "y", "gate"],
  },
  {
    kernel: "Linear",
    name: "with bias",
    inputs: { x: of(2, 3, 5), weight: of(7, 5), bias: of(7) },
    attrs: { activation: "none" },
    wrt: ["x", "weight", "bias"],
  },
  {
    kernel: "Linear",
    name: "no bias",
    inputs: { x: of(4, 5), weight: of(3, 5) },
    attrs: { activation: "none" },
    wrt: ["x", "weight"],
  },
  { kernel: "Attention", name: "plain", inputs: { qkv: of(2, 5, 24) }, attrs: { heads: 2 }, wrt: ["qkv"] },
  {
    kernel: "Attention",
    name: "rotary",
    inputs: {
      qkv: of(2, 9, 48),
      cos: { shape: [9, 8], values: tables.cos },
      sin: { shape: [9, 8], values: tables.sin },
    },
    attrs: { heads: 2 },
    wrt: ["qkv"],
  },
  {
    kernel: "Embedding",
    name: "repeated rows",
    inputs: { table: of(4, 6), index: { shape: [7], below: 4 } },
    attrs: {},
    wrt: ["table"],
  },
  {
    kernel: "VelocityLoss",
    name: "latents",
    inputs: { prediction: of(2, 3, 3, 4), target: of(2, 3, 3, 4) },
    attrs: {},
    wrt: ["prediction", "target"],
  },
];
