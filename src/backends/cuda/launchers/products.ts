import type { Issue, Launcher, Place } from "../issue.js";
import { placeOf } from "../issue.js";
import { floatsAt, i32, i64 } from "../numbers.js";
import { Arguments } from "./arguments.js";

/** Matrix products. */
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
};

/** c [batch,m,n] of float32 operands. */
export function multiply(
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
