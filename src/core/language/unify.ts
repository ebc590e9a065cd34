import { expandAxes, isRow, joinSizes, rootOf } from "./size.js";
import type { Axes, Row, Size } from "./size.js";

/** What came of making two lists of axes equal: done, not yet possible to say, or how they differ. */
export type Unified =
  { readonly kind: "done" } | { readonly kind: "later" } | { readonly kind: "axes"; readonly why: string } | SizesDiffer;

/** Two sizes that are different numbers; `pair` names the two sets of joined sizes that they stand for. */
export interface SizesDiffer {
  readonly kind: "size";
  readonly why: string;
  readonly pair: string;
}

const done: Unified = { kind: "done" };

/**
 * Makes two lists of axes equal, size by size; `...` takes what is left. Of sizes that differ the first is named, counted from 1; the
 * others are joined all the same. Says `later` where two `...` overlap in more than one way: try again when one is known.
 */
export function unify(a: Axes, b: Axes): Unified {
  const left = split(expandAxes(a));
  const right = split(expandAxes(b));
  if (!left.row && !right.row) {
    if (left.head.length !== right.head.length) return axesDiffer(left, right);
    return joinAll(left.head, right.head, 1);
  }
  if (left.row && right.row) return unifyRows(left, right, left.row, right.row);
  const filled = left.row ? fill(left, right.head, left.row) : right.row ? fill(right, left.head, right.row) : done;
  return filled ?? axesDiffer(left, right);
}

interface Parts {
  readonly head: readonly Size[];
  readonly row: Row | undefined;
  readonly tail: readonly Size[];
}

function split(axes: Axes): Parts {
  const at = axes.findIndex(isRow);
  const row = axes[at];
  const sizes = (part: Axes): Size[] => part.filter((axis): axis is Size => !isRow(axis));
  if (!row || !isRow(row)) return { head: sizes(axes), row: undefined, tail: [] };
  return { head: sizes(axes.slice(0, at)), row, tail: sizes(axes.slice(at + 1)) };
}

/** One side has `...`, the other is complete; undefined where that has too few axes. */
function fill(open: Parts, sizes: readonly Size[], row: Row): Unified | undefined {
  const rest = sizes.length - open.head.length - open.tail.length;
  if (rest < 0) return undefined;
  row.bound = sizes.slice(open.head.length, open.head.length + rest);
  const head = joinAll(open.head, sizes.slice(0, open.head.length), 1);
  const tail = joinAll(open.tail, sizes.slice(open.head.length + rest), open.head.length + rest + 1);
  return head.kind === "done" ? tail : head;
}

/** Both sides have `...`: what both have before and after is equal; what one has more belongs to the other's row. */
function unifyRows(left: Parts, right: Parts, leftRow: Row, rightRow: Row): Unified {
  const heads = Math.min(left.head.length, right.head.length);
  const tails = Math.min(left.tail.length, right.tail.length);
  const common = joinAll(left.head.slice(0, heads), right.head.slice(0, heads), 1);
  const ends = joinAll(left.tail.slice(left.tail.length - tails), right.tail.slice(right.tail.length - tails), heads + 1);
  if (common.kind !== "done") return common;
  if (ends.kind !== "done") return ends;
  const moreLeft = [left.head.slice(heads), left.tail.slice(0, left.tail.length - tails)] as const;
  const moreRight = [right.head.slice(heads), right.tail.slice(0, right.tail.length - tails)] as const;
  const leftHas = moreLeft.some((part) => part.length > 0);
  const rightHas = moreRight.some((part) => part.length > 0);
  if (leftRow === rightRow) return leftHas || rightHas ? axesDiffer(left, right) : done;
  if (leftHas && rightHas) return { kind: "later" };
  if (rightHas) leftRow.bound = [...moreRight[0], rightRow, ...moreRight[1]];
  else rightRow.bound = [...moreLeft[0], leftRow, ...moreLeft[1]];
  return done;
}

function joinAll(a: readonly Size[], b: readonly Size[], first: number): Unified {
  let wrong: Unified | undefined;
  for (const [i, size] of a.entries()) {
    const other = b[i];
    if (!other || joinSizes(size, other)) continue;
    const [x, y] = [rootOf(size), rootOf(other)];
    const pair = [x.order, y.order].sort((p, q) => p - q).join(" ");
    wrong ??= { kind: "size", why: `size ${first + i} differs (${x.value} and ${y.value})`, pair };
  }
  return wrong ?? done;
}

function axesDiffer(left: Parts, right: Parts): Unified {
  const count = ({ head, row, tail }: Parts): string => `${row ? "at least " : ""}${head.length + tail.length}`;
  return { kind: "axes", why: `numbers of axes differ (${count(left)} and ${count(right)})` };
}
