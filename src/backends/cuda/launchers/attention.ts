import type { Issue, Launcher } from "../issue.js";
import { f32, floats, floatsAt, i32, i64, packed, pointer } from "../numbers.js";
import type { DeviceNumbers } from "../numbers.js";
import { Arguments, blocksFor } from "./arguments.js";
import { multiply } from "./products.js";

/** Widths of a head for which cu/flash.cu has kernels. */
const flashWidths = [32, 64, 80, 128];
/** Rows of a tile there, and bytes beside the numbers of a row. */
const [tileRows, rowPadding] = [64, 16];

/** Self-attention: in one pass on the tensor cores where bf16 is asked for (cu/flash.cu), else by products (cu/heads.cu). */
export const attentionLaunchers: Readonly<Record<string, Launcher>> = {
  attention(issue, args) {
    const a = new Arguments("attention", args);
    const [y, qkv, cos, sin] = [a.numbers(), a.numbers(), a.maybe(), a.maybe()];
    const sizes = a.all();
    const width = flashWidth(sizes);
    if (width) {
      flash(issue, width, floats(y), 0, qkv, cos, sin, sizes);
      return;
    }
    const parts = split(issue, qkv, cos, sin, sizes);
    if (!parts) return;
    const { q, v, p, heads, batch, N, d, size } = parts;
    weights(issue, parts);
    multiply(issue, q, p, v, [batch, N, d, N], [false, false], [N * N, N * d]);
    join(issue, y, q, null, null, heads, 0, 1, size);
  },
  attentionGrad(issue, args) {
    const a = new Arguments("attentionGrad", args);
    const [dqkv, dy, qkv, cos, sin] = [a.numbers(), a.numbers(), a.numbers(), a.maybe(), a.maybe()];
    const sizes = a.all();
    const width = flashWidth(sizes);
    if (width) {
      flashGrad(issue, width, dqkv, dy, qkv, cos, sin, sizes);
      return;
    }
    const parts = split(issue, qkv, cos, sin, sizes);
    if (!parts) return;
    const { q, k, v, p, heads, batch, N, d, size } = parts;
    weights(issue, parts);
    const [pull, dp, dv] = [issue.scratch(4 * size), issue.scratch(4 * batch * N * N), issue.scratch(4 * size)];
    issue.launch("heads", "splitTokens", [blocksFor(size, 1, issue.multiprocessors)], [i64(pull), floats(dy), heads, i64(size)]);
    multiply(issue, dp, pull, v, [batch, N, N, d], [false, true], [N * d, N * d]);
    multiply(issue, dv, p, pull, [batch, N, d, N], [true, false], [N * N, N * d]);
    const scale = f32(1 / Math.sqrt(d));
    issue.launch("reduce", "softmaxGrad", [batch * N], [i64(dp), i64(p), i64(dp), i64(N), scale]);
    // The results take the places of what is not needed any more.
    multiply(issue, v, dp, k, [batch, N, d, N], [false, false], [N * N, N * d]);
    multiply(issue, k, dp, q, [batch, N, d, N], [true, false], [N * N, N * d]);
    join(issue, dqkv, v, cos, sin, heads, 0, 3, size);
    join(issue, dqkv, k, cos, sin, heads, 1, 3, size);
    join(issue, dqkv, dv, null, null, heads, 2, 3, size);
  },
};

/** The kernel's width for B, N, D, heads, bf16; undefined where it does not serve. */
function flashWidth([B = 0, N = 0, D = 0, K = 1, bf16 = 0]: readonly number[]): number | undefined {
  const d = D / K;
  if (bf16 === 0 || d % 4 !== 0 || B * N === 0 || B * K > 65535) return undefined;
  return flashWidths.find((width) => d <= width);
}

function flash(
  issue: Issue,
  width: number,
  y: ReturnType<typeof floats>,
  lse: number,
  qkv: DeviceNumbers,
  cos: DeviceNumbers | null,
  sin: DeviceNumbers | null,
  [B = 0, N = 0, D = 0, K = 1]: readonly number[],
): void {
  const list = [y, i64(lse), floats(qkv), pointer(cos), pointer(sin), packed([B, N, K, D / K])];
  const shared = 2 * tileRows * (2 * width + rowPadding);
  issue.launch("flash", `flash_${width}`, [Math.ceil(N / tileRows), B * K], list, 128, shared);
}

/** The forward pass again for what it does not leave behind: its result and each row's sum. */
function flashGrad(
  issue: Issue,
  width: number,
  dqkv: DeviceNumbers,
  dy: DeviceNumbers,
  qkv: DeviceNumbers,
  cos: DeviceNumbers | null,
  sin: DeviceNumbers | null,
  sizes: readonly number[],
): void {
  const [B = 0, N = 0, D = 0, K = 1] = sizes;
  const rows = B * K * N;
  const [y, lse, along] = [floatsAt(issue.scratch(2 * B * N * D), true), issue.scratch(4 * rows), issue.scratch(4 * rows)];
  flash(issue, width, y, lse, qkv, cos, sin, sizes);
  const heads = packed([B, N, K, D / K]);
  issue.launch("flash", "flashAlong", [Math.ceil(rows / 8)], [i64(along), floats(dy), y, heads, i32(rows)]);
  const list = [floats(dqkv), i64(lse), i64(along), floats(dy), floats(qkv), pointer(cos), pointer(sin), heads];
  const shared = 4 * tileRows * (2 * width + rowPadding) + 8 * tileRows;
  for (const name of ["flashKeys", "flashQueries"])
    issue.launch("flash", `${name}_${width}`, [Math.ceil(N / tileRows), B * K], list, 128, shared);
}

interface Parts {
  readonly q: number;
  readonly k: number;
  readonly v: number;
  /** The weights, [batch,N,N]. */
  readonly p: number;
  readonly heads: ReturnType<typeof packed>;
  readonly batch: number;
  readonly N: number;
  readonly d: number;
  readonly size: number;
}

function split(
  issue: Issue,
  qkv: DeviceNumbers,
  cos: DeviceNumbers | null,
  sin: DeviceNumbers | null,
  [B = 0, N = 0, D = 0, K = 0]: readonly number[],
): Parts | undefined {
  const [size, batch] = [B * N * D, B * K];
  if (size === 0) return undefined;
  const [q, k, v] = [issue.scratch(4 * size), issue.scratch(4 * size), issue.scratch(4 * size)];
  const heads = packed([B, N, K, D / K]);
  const list = [i64(q), i64(k), i64(v), floats(qkv), pointer(cos), pointer(sin), heads, i64(size)];
  issue.launch("heads", "splitHeads", [blocksFor(size, 1, issue.multiprocessors)], list);
  return { q, k, v, p: issue.scratch(4 * batch * N * N), heads, batch, N, d: D / K, size };
}

function weights(issue: Issue, { q, k, p, batch, N, d }: Parts): void {
  multiply(issue, p, q, k, [batch, N, N, d], [false, true], [N * d, N * d]);
  issue.launch("reduce", "softmax", [batch * N], [i64(p), i64(p), i64(N), f32(1 / Math.sqrt(d))]);
}

function join(
  issue: Issue,
  y: DeviceNumbers,
  x: number,
  cos: DeviceNumbers | null,
  sin: DeviceNumbers | null,
  heads: ReturnType<typeof packed>,
  third: number,
  thirds: number,
  size: number,
): void {
  const list = [floats(y), i64(x), pointer(cos), pointer(sin), heads, i32(third), i32(thirds), i64(size)];
  issue.launch("heads", "joinHeads", [blocksFor(size, 1, issue.multiprocessors)], list);
}
