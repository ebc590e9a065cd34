import type { Issue, Launcher } from "../issue.js";
import { f32, i32, i64, packed, pointer } from "../numbers.js";
import type { DeviceNumbers } from "../numbers.js";
import { Arguments, blocksFor } from "./arguments.js";

const letter = ({ storage }: DeviceNumbers): string => (storage === "bf16" ? "b" : "f");
const eluPull = 8;

/** One number in, one out; two in with broadcasting; comparisons and conversions: cu/elementwise.cu. */
export const elementwiseLaunchers: Readonly<Record<string, Launcher>> = {
  unary(issue, args) {
    const a = new Arguments("unary", args);
    const [y, x, op, n] = [a.numbers(), a.numbers(), a.number(), a.number()];
    const [p = 0, q = 0] = a.all();
    const list = [pointer(y), pointer(x), i32(op), i64(n), f32(p), f32(q)];
    if (n > 0) issue.launch("elementwise", `unary_${letter(y)}${letter(x)}`, [blocksFor(n, 4, issue.multiprocessors)], list);
  },
  unaryGrad(issue, args) {
    const a = new Arguments("unaryGrad", args);
    const [dx, dy, x, op, n] = [a.numbers(), a.numbers(), a.numbers(), a.number(), a.number()];
    const name = `unaryGrad_${letter(dx)}${letter(x)}${letter(dy)}`;
    const list = [pointer(dx), pointer(dy), pointer(x), i32(op), i64(n)];
    if (n > 0) issue.launch("elementwise", name, [blocksFor(n, 4, issue.multiprocessors)], list);
  },
  binary(issue, args) {
    const a = new Arguments("binary", args);
    const [y, u, v, op] = [a.numbers(), a.numbers(), a.numbers(), a.number()];
    combine(issue, y, u, v, op, a.all(12));
  },
  addAll(issue, args) {
    const a = new Arguments("addAll", args);
    const [list, n] = [a.several(), a.number()];
    const [y, first, ...others] = list as [DeviceNumbers, DeviceNumbers, ...DeviceNumbers[]];
    const plain = [1, 1, 1, n, 0, 0, 0, 1, 0, 0, 0, 1];
    if (others.length === 0) {
      const file = [i64(n)];
      if (n > 0) {
        if (letter(first) === "b")
          issue.launch("elementwise", "widen", [blocksFor(n, 4, issue.multiprocessors)], [pointer(y), pointer(first), ...file]);
        else
          issue.launch(
            "elementwise",
            "unary_ff",
            [blocksFor(n, 4, issue.multiprocessors)],
            [pointer(y), pointer(first), i32(20), i64(n), f32(-Infinity), f32(Infinity)],
          );
      }
      return;
    }
    others.forEach((other, i) => combine(issue, y, i === 0 ? first : y, other, 0, plain));
  },
  compare(issue, args) {
    const a = new Arguments("compare", args);
    const [y, u, v, op, whole] = [a.numbers(), a.numbers(), a.numbers(), a.number(), a.number()];
    spreadOut(issue, whole === 1 ? "compareInt" : "compareFloat", y, u, v, op, a.all(12));
  },
  logical(issue, args) {
    const a = new Arguments("logical", args);
    const [y, u, v, op] = [a.numbers(), a.numbers(), a.numbers(), a.number()];
    spreadOut(issue, "logical", y, u, v, 6 + op, a.all(12));
  },
  logicalNot(issue, args) {
    const a = new Arguments("logicalNot", args);
    const [y, x, n] = [a.numbers(), a.numbers(), a.number()];
    if (n > 0)
      issue.launch("elementwise", "logicalNot", [blocksFor(n, 1, issue.multiprocessors)], [pointer(y), pointer(x), i64(n)]);
  },
  select(issue, args) {
    const a = new Arguments("select", args);
    const [y, condition, yes, no, n] = [a.numbers(), a.numbers(), a.numbers(), a.numbers(), a.number()];
    const list = [pointer(y), pointer(condition), pointer(yes), pointer(no), i64(n)];
    if (n > 0) issue.launch("elementwise", "choose", [blocksFor(n, 1, issue.multiprocessors)], list);
  },
  cast(issue, args) {
    const a = new Arguments("cast", args);
    const [y, x, kind, n] = [a.numbers(), a.numbers(), a.number(), a.number()];
    if (n > 0)
      issue.launch("elementwise", "cast", [blocksFor(n, 1, issue.multiprocessors)], [pointer(y), pointer(x), i32(kind), i64(n)]);
  },
  narrow: convert("narrow"),
  widen: convert("widen"),
};

function convert(name: "narrow" | "widen"): Launcher {
  return (issue, args) => {
    const a = new Arguments(name, args);
    const [y, x] = [a.numbers(), a.numbers()];
    if (x.length > 0)
      issue.launch("elementwise", name, [blocksFor(x.length, 4, issue.multiprocessors)], [pointer(y), pointer(x), i64(x.length)]);
  };
}

function combine(
  issue: Issue,
  y: DeviceNumbers,
  u: DeviceNumbers,
  v: DeviceNumbers,
  op: number,
  layout: readonly number[],
): void {
  const n = product(layout.slice(0, 4));
  // Axes that run on in both inputs have been merged into the last.
  const plain = layout[3] === n && layout[7] === 1 && layout[11] === 1;
  const pair = op === eluPull ? "ff" : `${letter(u)}${letter(v)}`;
  const list = [pointer(y), pointer(u), pointer(v), i32(op), i64(n)];
  if (n === 0) return;
  if (plain) issue.launch("elementwise", `binary_${pair}`, [blocksFor(n, 4, issue.multiprocessors)], list);
  else issue.launch("elementwise", `binarySpread_${pair}`, [blocksFor(n, 1, issue.multiprocessors)], [...list, spread(layout)]);
}

function spreadOut(
  issue: Issue,
  name: string,
  y: DeviceNumbers,
  u: DeviceNumbers,
  v: DeviceNumbers,
  op: number,
  layout: readonly number[],
): void {
  const n = product(layout.slice(0, 4));
  const list = [pointer(y), pointer(u), pointer(v), i32(op), i64(n), spread(layout)];
  if (n > 0) issue.launch("elementwise", name, [blocksFor(n, 1, issue.multiprocessors)], list);
}

/** `Spread` of cu/elementwise.cu. */
function spread(layout: readonly number[]): ReturnType<typeof packed> {
  return packed(layout.slice(0, 4), layout.slice(4));
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}
