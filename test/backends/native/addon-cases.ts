type Type = "f32" | "i32" | "u8";

/** An array of a kernel call; integers lie below `below`, the first of them is 0. */
export interface ArraySpec {
  readonly size: number;
  readonly type: Type;
  readonly below?: number;
}

/** One call of the addon: what it writes, what it reads (null for what is left out), and numbers. */
export interface AddonCase {
  readonly kernel: string;
  readonly outputs: readonly (ArraySpec | null)[];
  readonly inputs: readonly (ArraySpec | null)[];
  readonly numbers: readonly number[];
  /** True where a NaN at the start of the first float input must reach the first output. */
  readonly nan: boolean;
}

const f = (size: number): ArraySpec => ({ size, type: "f32" });
const whole = (size: number, below: number): ArraySpec => ({ size, type: "i32", below });
const bytes = (size: number): ArraySpec => ({ size, type: "u8", below: 2 });

type Row = readonly [
  kernel: string,
  outputs: readonly (ArraySpec | null)[],
  inputs: readonly (ArraySpec | null)[],
  numbers: readonly number[],
];

/** Results that need not hold the NaN: truth values, choices, constants and random numbers. */
const withoutNaN = ["compare", "logical", "logicalNot", "select", "fill", "oneHot", "philoxUniform", "philoxNormal"];

const unaryCount = 21;
const [activations, binaryCount, comparisonCount] = [[13, 14, 15], 9, 6];

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Each kernel of the addon on rows of `d` numbers; lists and in-place kernels (addAll, adamw) have tests of their own. */
export function addonCases(r: number, d: number): readonly AddonCase[] {
  const n = r * d;
  const layout = [1, 1, r, d, 0, 0, d, 1, 0, 0, 0, 1]; // b repeats for each row
  const window = [1, r, d, 3, r, d, 5, 3, 3, 1, 1, 1, 1, 1, 1]; // 3x3, "same"
  const [image, result] = [f(n * 3), f(n * 5)];
  const pool = window.with(6, 3);
  const resize = [1, r, d, 2, 2 * r, 3, 0.5, d / 3, 0];
  const heads = 2;
  const [N, D] = [r, 4 * heads];
  const tables = [f(N * 4), f(N * 4)];
  const condition = [1, r, d, 1];
  const rows: readonly Row[] = [
    ...[[0, 0], [0, 1], [1, 0], [1, 1]].flatMap(([ta = 0, tb = 0]): Row[] =>
      [0, 1].map((bf16) => ["gemm", [f(r * 7)], [f(r * d), f(d * 7), f(7)], [1, r, 7, d, ta, tb, 0, 0, 1, bf16]]),
    ),
    ["gemm", [f(3 * r * d)], [f(3 * r), f(d), null], [3, r, d, 1, 0, 0, r, 0, 0, 0]],
    ...upTo(unaryCount).map((op): Row => ["unary", [f(n)], [f(n)], [op, n, -0.5, 0.75]]),
    ...activations.map((op): Row => ["unaryGrad", [f(n)], [f(n), f(n)], [op, n]]),
    ...upTo(binaryCount).map((op): Row => ["binary", [f(n)], [f(n), f(d)], [op, ...layout]]),
    ...upTo(comparisonCount).flatMap((op): Row[] => [
      ["compare", [bytes(n)], [f(n), f(d)], [op, 0, ...layout]],
      ["compare", [bytes(n)], [whole(n, 3), whole(d, 3)], [op, 1, ...layout]],
    ]),
    ...[0, 1].map((op): Row => ["logical", [bytes(n)], [bytes(n), bytes(d)], [op, ...layout]]),
    ["logicalNot", [bytes(n)], [bytes(n)], [n]],
    ["select", [f(n)], [bytes(n), f(n), f(n)], [n]],
    ...upTo(4).flatMap((op): Row[] => [
      ["reduce", [f(r)], [f(n)], [op, r, d, 1]],
      ["reduce", [f(d)], [f(n)], [op, 1, r, d]],
      ["reduce", [f(r)], [f(r * r * d)], [op, 1, r * d, r]],
    ]),
    ...[0, 1].flatMap((reverse): Row[] => [
      ["cumsum", [f(n)], [f(n)], [1, r, d, 0, reverse]],
      ["cumsum", [f(n)], [f(n)], [r, d, 1, 0, reverse]],
    ]),
    ["softmax", [f(n)], [f(n)], [r, d]],
    ["copy", [f(n)], [f(n)], [0, 0, 2, d, r, r, 1, 1, d]],
    ["copy", [f(n)], [f(n)], [0, n - 1, 1, n, 1, -1]],
    ["fill", [f(n)], [], [3, n, 0]],
    ["oneHot", [f(n * 5)], [whole(n, 6)], [n, 5, 1, 0, 0]],
    ["oneHot", [{ size: n * 5, type: "i32" }], [whole(n, 6)], [n, 5, 1, 0, 1]],
    ["gather", [f(n)], [f(3 * d), whole(r, 3)], [r, d, 3]],
    ["segmentSum", [f(3 * d)], [f(n), whole(r, 4)], [r, d, 3]],
    ["cast", [f(n)], [whole(n, 100)], [0, n]],
    ["cast", [{ size: n, type: "i32" }], [f(n)], [1, n]],
    ["cast", [f(n)], [bytes(n)], [2, n]],
    ["cast", [{ size: n, type: "i32" }], [bytes(n)], [3, n]],
    ["conv2d", [result], [image, f(135)], [...window, 0]],
    ["conv2d", [result], [image, f(135)], [...window, 1]],
    ["conv2dFilterGrad", [f(135)], [image, result], [...window, 0]],
    ["conv2dInputGrad", [image], [result, f(135)], [...window, 0]],
    ["avgPool", [image], [image], pool],
    ["avgPoolGrad", [image], [image], pool],
    ["resize", [f(2 * r * 3 * 2)], [f(n * 2)], resize],
    ["resizeGrad", [f(n * 2)], [f(2 * r * 3 * 2)], resize],
    ["rmsNorm", [f(n)], [f(n), f(d)], [r, d, 1e-6]],
    ["rmsNormGrad", [f(n), f(d)], [f(n), f(n), f(d)], [r, d, 1e-6]],
    ["layerNorm", [f(n)], [f(n), f(d), f(d)], [r, d, 1e-6]],
    ["layerNorm", [f(n)], [f(n), null, null], [r, d, 1e-6]],
    ["layerNormGrad", [f(n), f(d), f(d)], [f(n), f(n), f(d)], [r, d, 1e-6]],
    ["layerNormGrad", [f(n), null, null], [f(n), f(n), null], [r, d, 1e-6]],
    ["modulate", [f(n)], [f(n), f(d), f(d)], condition],
    ["modulateGrad", [f(n), f(d), f(d)], [f(n), f(n), f(d)], condition],
    ["gate", [f(n)], [f(n), f(n), f(d)], condition],
    ["gateGrad", [f(n), f(d)], [f(n), f(n), f(d)], condition],
    ["swiglu", [f(n)], [f(2 * n)], [r, d]],
    ["swigluGrad", [f(2 * n)], [f(n), f(2 * n)], [r, d]],
    ["attention", [f(N * D)], [f(3 * N * D), null, null], [1, N, D, heads, 0]],
    ["attention", [f(N * D)], [f(3 * N * D), ...tables], [1, N, D, heads, 1]],
    ["attentionGrad", [f(3 * N * D)], [f(N * D), f(3 * N * D), ...tables], [1, N, D, heads, 0]],
    ["velocityLoss", [f(1)], [f(n), f(n)], [n]],
    ["velocityLossGrad", [f(n), f(n)], [f(1), f(n), f(n)], [n]],
    ["philoxUniform", [f(n)], [], [1, 2, 3, 4, n]],
    ["philoxNormal", [f(n)], [], [1, 2, 3, 4, n]],
  ]; // prettier-ignore
  return rows.map(([kernel, outputs, inputs, numbers]) => {
    const nan = !withoutNaN.includes(kernel) && outputs[0]?.type === "f32" && inputs.some((input) => input?.type === "f32");
    return { kernel, outputs, inputs, numbers, nan };
  });
}
