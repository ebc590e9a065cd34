import type { Issue } from "../issue.js";
import { floats, floatsAt, i32, i64, pointer } from "../numbers.js";
import { headsOf } from "./attention-tensors.js";
import type { Attention, AttentionGrad, Heads } from "./attention-tensors.js";

/** Widths of a head for which cu/flash.cu has kernels. */
const flashWidths = [32, 64, 80, 128];
/** Rows of a tile there, and bytes beside the numbers of a row. */
const [tileRows, rowPadding] = [64, 16];

/** The kernel's width; undefined where it does not serve. */
export function flashWidth({ B, heads, d, bf16 }: Heads): number | undefined {
  if (!bf16 || d % 4 !== 0 || B * heads > 65535) return undefined;
  return flashWidths.find((width) => d <= width);
}

export function flash(issue: Issue, given: Attention): void {
  forward(issue, given, floats(given.y), 0);
}

/** `lse`: where each row's logarithm of its sum goes, or 0. */
function forward(issue: Issue, given: Heads, y: ReturnType<typeof floats>, lse: number): void {
  const { qkv, cos, sin, B, N, heads } = given;
  const width = flashWidth(given) ?? 0;
  const list = [y, i64(lse), floats(qkv), pointer(cos), pointer(sin), headsOf(given)];
  const shared = 2 * tileRows * (2 * width + rowPadding);
  issue.launch("flash", `flash_${width}`, [Math.ceil(N / tileRows), B * heads], list, 128, shared);
}

/** The forward pass again for what it does not leave behind: its result and each row's sum. */
export function flashGrad(issue: Issue, given: AttentionGrad): void {
  const { dqkv, dy, qkv, cos, sin, B, N, D, heads } = given;
  const width = flashWidth(given) ?? 0;
  const rows = B * heads * N;
  const [y, lse, along] = [floatsAt(issue.scratch(2 * B * N * D), true), issue.scratch(4 * rows), issue.scratch(4 * rows)];
  forward(issue, given, y, lse);
  issue.launch("flash", "flashAlong", [Math.ceil(rows / 8)], [i64(along), floats(dy), y, headsOf(given), i32(rows)]);
  const list = [floats(dqkv), i64(lse), i64(along), floats(dy), floats(qkv), pointer(cos), pointer(sin), headsOf(given)];
  const shared = 4 * tileRows * (2 * width + rowPadding) + 8 * tileRows;
  for (const name of ["flashKeys", "flashQueries"])
    issue.launch("flash", `${name}_${width}`, [Math.ceil(N / tileRows), B * heads], list, 128, shared);
}
