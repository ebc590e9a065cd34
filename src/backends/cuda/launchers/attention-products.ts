import type { Issue } from "../issue.js";
import { f32, floats, i32, i64, pointer } from "../numbers.js";
import type { DeviceNumbers } from "../numbers.js";
import { blocksFor } from "./arguments.js";
import { headsOf } from "./attention-tensors.js";
import type { Attention, AttentionGrad, Heads } from "./attention-tensors.js";
import { multiply } from "./products.js";

export function attentionByProducts(issue: Issue, given: Attention): void {
  const { N, d } = given;
  const parts = split(issue, given);
  const { q, v, p, batch } = parts;
  weights(issue, given, parts);
  multiply(issue, q, p, v, [batch, N, d, N], [false, false], [N * N, N * d]);
  join(issue, given, given.y, q, false, 0, 1);
}

export function attentionGradByProducts(issue: Issue, given: AttentionGrad): void {
  const { dqkv, dy, B, N, D, d } = given;
  const size = B * N * D;
  const parts = split(issue, given);
  const { q, k, v, p, batch } = parts;
  weights(issue, given, parts);
  const [pull, dp, dv] = [issue.scratch(4 * size), issue.scratch(4 * batch * N * N), issue.scratch(4 * size)];
  const list = [i64(pull), floats(dy), headsOf(given), i64(size)];
  issue.launch("heads", "splitTokens", [blocksFor(size, 1, issue.multiprocessors)], list);
  multiply(issue, dp, pull, v, [batch, N, N, d], [false, true], [N * d, N * d]);
  multiply(issue, dv, p, pull, [batch, N, d, N], [true, false], [N * N, N * d]);
  const scale = f32(1 / Math.sqrt(d));
  issue.launch("reduce", "softmaxGrad", [batch * N], [i64(dp), i64(p), i64(dp), i64(N), scale]);
  // The results take the places of what is not needed any more.
  multiply(issue, v, dp, k, [batch, N, d, N], [false, false], [N * N, N * d]);
  multiply(issue, k, dp, q, [batch, N, d, N], [true, false], [N * N, N * d]);
  join(issue, given, dqkv, v, true, 0, 3);
  join(issue, given, dqkv, k, true, 1, 3);
  join(issue, given, dqkv, dv, false, 2, 3);
}

interface Parts {
  readonly q: number;
  readonly k: number;
  readonly v: number;
  /** The weights, [batch,N,N]. */
  readonly p: number;
  readonly batch: number;
}

function split(issue: Issue, given: Heads): Parts {
  const { qkv, cos, sin, B, N, D, heads } = given;
  const [size, batch] = [B * N * D, B * heads];
  const [q, k, v] = [issue.scratch(4 * size), issue.scratch(4 * size), issue.scratch(4 * size)];
  const list = [i64(q), i64(k), i64(v), floats(qkv), pointer(cos), pointer(sin), headsOf(given), i64(size)];
  issue.launch("heads", "splitHeads", [blocksFor(size, 1, issue.multiprocessors)], list);
  return { q, k, v, p: issue.scratch(4 * batch * N * N), batch };
}

function weights(issue: Issue, { N, d }: Heads, { q, k, p, batch }: Parts): void {
  multiply(issue, p, q, k, [batch, N, N, d], [false, true], [N * d, N * d]);
  issue.launch("reduce", "softmax", [batch * N], [i64(p), i64(p), i64(N), f32(1 / Math.sqrt(d))]);
}

/** One third of `to`, turned back where it was turned. */
function join(issue: Issue, given: Heads, to: DeviceNumbers, from: number, turned: boolean, third: number, thirds: number): void {
  const { B, N, D, cos, sin } = given;
  const tables = turned ? [pointer(cos), pointer(sin)] : [i64(0), i64(0)];
  const list = [floats(to), i64(from), ...tables, headsOf(given), i32(third), i32(thirds), i64(B * N * D)];
  issue.launch("heads", "joinHeads", [blocksFor(B * N * D, 1, issue.multiprocessors)], list);
}
