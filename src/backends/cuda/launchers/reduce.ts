import type { Issue, Launcher } from "../issue.js";
import { f32, i32, i64, pointer } from "../numbers.js";
import { Arguments, blocksFor } from "./arguments.js";

const mean = 1;

/** Sums, means, extremes, softmax and running sums: cu/reduce.cu. */
export const reduceLaunchers: Readonly<Record<string, Launcher>> = {
  reduce(issue, args) {
    const a = new Arguments("reduce", args);
    const [y, x, op, outer, count, inner] = [a.numbers(), a.numbers(), a.number(), a.number(), a.number(), a.number()];
    const source = { address: x.buffer.address, half: x.storage === "bf16" };
    reduceTo(issue, y.buffer.address, source, op === mean ? 0 : op, outer, count, inner, op === mean ? 1 / count : 1);
  },
  softmax(issue, args) {
    const a = new Arguments("softmax", args);
    const [y, x, rows, n] = [a.numbers(), a.numbers(), a.number(), a.number()];
    issue.launch("reduce", "softmax", [rows], [pointer(y), pointer(x), i64(n), f32(1)]);
  },
  cumsum(issue, args) {
    const a = new Arguments("cumsum", args);
    const [y, x, outer, count, inner, exclusive, reverse] = [a.numbers(), a.numbers(), ...a.all(5)] as const;
    const list = [
      pointer(y),
      pointer(x),
      i64(outer ?? 0),
      i64(count ?? 0),
      i64(inner ?? 0),
      i32(exclusive ?? 0),
      i32(reverse ?? 0),
    ];
    const columns = (outer ?? 0) * (inner ?? 0);
    if (columns > 0) issue.launch("reduce", "cumsum", [blocksFor(columns, 1, issue.multiprocessors)], list);
  },
};

/**
 * y [outer,inner] from x [outer,count,inner], times `scale`. Where few results would leave the GPU idle, pieces of the middle axis are
 * reduced side by side, and then those; the pieces depend on the sizes alone, so the result has the same bits each time.
 */
export function reduceTo(
  issue: Issue,
  y: number,
  x: { readonly address: number; readonly half: boolean },
  op: number,
  outer: number,
  count: number,
  inner: number,
  scale: number,
): void {
  if (outer === 0 || inner === 0) return;
  const suffix = x.half ? "b" : "f";
  const few = inner === 1 ? outer : outer * Math.ceil(inner / 32);
  const least = inner === 1 ? 4096 : 64;
  const pieces = few < 512 ? Math.max(1, Math.min(256, Math.floor(count / least))) : 1;
  const target = pieces > 1 ? issue.scratch(4 * outer * pieces * inner) : y;
  const factor = f32(pieces > 1 ? 1 : scale);
  if (inner === 1) {
    const list = [i64(target), i64(x.address), i32(op), i64(count), i32(pieces), factor];
    issue.launch("reduce", `reduceRows_${suffix}`, [outer, pieces], list);
  } else
    for (let from = 0; from < outer; from += 65535) {
      const some = Math.min(65535, outer - from);
      const source = x.address + from * count * inner * (x.half ? 2 : 4);
      const list = [i64(target + 4 * from * pieces * inner), i64(source), i32(op), i64(count), i64(inner), i32(pieces), factor];
      issue.launch("reduce", `reduceColumns_${suffix}`, [Math.ceil(inner / 32), pieces, some], list);
    }
  if (pieces > 1) reduceTo(issue, y, { address: target, half: false }, op, outer, pieces, inner, scale);
}
