import type { Issue, Launcher, Place } from "../issue.js";
import { placeOf } from "../issue.js";
import { f32, floats, floatsAt, i32, i64, packed, pointer } from "../numbers.js";
import type { DeviceNumbers } from "../numbers.js";
import { Arguments, blocksFor } from "./arguments.js";

/** Matrix products, and attention by products. */
export const productLaunchers: Readonly<Record<string, Launcher>> = {
  gemm(issue, args) {
    const a = new Arguments("gemm", args);
    const [c, x, y, bias] = [a.numbers(), a.numbers(), a.numbers(), a.maybe()];
    const [batch = 0, m = 0, n = 0, k = 0, ta = 0, tb = 0, strideA = 0, strideB = 0, activation = 0] = a.all();
    if (batch * m * n === 0) return;
    issue.product({
      c: placeOf(c),
      a: placeOf(x),
      b: placeOf(y),
      bias: bias && placeOf(bias),
      batch, m, n, k, strideA, strideB, activation,
      transposeA: ta === 1,
      transposeB: tb === 1,
    }); // prettier-ignore
  },
  attention(issue, args) {
    const a = new Arguments("attention", args);
    const [y, qkv, cos, sin] = [a.numbers(), a.numbers(), a.maybe(), a.maybe()];
    const parts = split(issue, qkv, cos, sin, a.all());
    if (!parts) return;
    const { q, k, v, p, heads, batch, N, d, size } = parts;
    weights(issue, parts);
    multiply(issue, q, p, v, [batch, N, d, N], [false, false], [N * N, N * d]);
    join(issue, y, q, null, null, heads, 0, 1, size);
    void k;
  },
  attentionGrad(issue, args) {
    const a = new Arguments("attentionGrad", args);
    const [dqkv, dy, qkv, cos, sin] = [a.numbers(), a.numbers(), a.numbers(), a.maybe(), a.maybe()];
    const parts = split(issue, qkv, cos, sin, a.all());
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

/** c [batch,m,n] of float32 operands. */
function multiply(
  issue: Issue,
  c: number,
  a: number,
  b: number,
  [batch, m, n, k]: readonly [number, number, number, number],
  [transposeA, transposeB]: readonly [boolean, boolean],
  [strideA, strideB]: readonly [number, number],
): void {
  const at = (address: number): Place => ({ address, half: false });
  issue.product({
    c: at(c),
    a: at(a),
    b: at(b),
    bias: null,
    batch,
    m,
    n,
    k,
    transposeA,
    transposeB,
    strideA,
    strideB,
    activation: 0,
  });
}

/** The product by our own kernel: cu/gemm.cu. */
export function ownProduct(issue: Pick<Issue, "launch">, p: Parameters<Issue["product"]>[0]): void {
  const place = ({ address, half }: Place): ReturnType<typeof floatsAt> => floatsAt(address, half);
  const size = (half: boolean): number => (half ? 2 : 4);
  // The grid has at most 65535 layers.
  for (let from = 0; from < p.batch; from += 65535) {
    const moved = (at: Place, stride: number): Place => ({ ...at, address: at.address + from * stride * size(at.half) });
    const list = [
      place(moved(p.c, p.m * p.n)), place(moved(p.a, p.strideA)), place(moved(p.b, p.strideB)), p.bias ? place(p.bias) : floatsAt(0),
      i32(p.m), i32(p.n), i32(p.k), i32(Number(p.transposeA)), i32(Number(p.transposeB)), i64(p.strideA), i64(p.strideB), i32(p.activation),
    ]; // prettier-ignore
    issue.launch("gemm", "gemm", [Math.ceil(p.n / 64), Math.ceil(p.m / 64), Math.min(65535, p.batch - from)], list);
  }
}
