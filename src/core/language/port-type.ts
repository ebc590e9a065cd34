import type { PortKind } from "../port.js";
import { expandAxes, isRow, rootOf } from "./size.js";
import type { Axes, Row, Size } from "./size.js";

/** A port's type with the sizes of one node. `model` and `weights` without brackets have any axes. */
export interface PortType {
  readonly kind: PortKind;
  readonly dtype?: "f32" | "i32";
  readonly axes: Axes;
}

/** A port's type as written: names for sizes, numbers, and `...`. */
export interface PortSpec {
  readonly kind: PortKind;
  readonly dtype?: "f32" | "i32";
  readonly axes: readonly (string | number)[];
}

/** The sizes that one node's ports share, by name, and what its `...` stands for. */
export interface SizeNames {
  size(name: string): Size;
  number(value: number): Size;
  readonly row: Row;
}

/** Reads a type such as `f32[B,H,W,3]`, `i32[B]`, `f32[B,...]`, `f32[]`, `model[h,w,C]`, `weights`, `record`; throws what is wrong with it. */
export function parseSpec(text: string): PortSpec {
  const [, head, , inside] = /^\s*(f32|i32|model|weights|record)\s*(\[([^[\]]*)\])?\s*$/.exec(text) ?? [];
  if (head === undefined)
    throw new Error(
      `${JSON.stringify(text.slice(0, 60))} is no type: write one like f32[B,H,W,3], i32[B], f32[B,...], model[h,w,C] or weights`,
    );
  if (head === "weights" || head === "record") {
    if (inside !== undefined) throw new Error(`${head} takes no sizes`);
    return { kind: head, axes: [] };
  }
  if (inside === undefined && head !== "model")
    throw new Error(`${head} needs its sizes: write ${head}[B,...] or ${head}[] for one number`);
  const axes =
    inside === undefined ? ["..."] : inside.trim() === "" ? [] : inside.split(",").map((axis) => parseAxis(axis.trim()));
  if (axes.filter((axis) => axis === "...").length > 1) throw new Error(`"..." stands twice in ${text.trim()}`);
  return head === "model" ? { kind: "model", axes } : { kind: "tensor", dtype: head === "i32" ? "i32" : "f32", axes };
}

function parseAxis(text: string): string | number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  if (text === "..." || /^[A-Za-z_]\w*$/.test(text)) return text;
  throw new Error(`${JSON.stringify(text)} is no size: write a name, a number of at least 1, or ...`);
}

/** The type of one node's port. */
export function bindSpec(spec: PortSpec, names: SizeNames): PortType {
  const axes = spec.axes.map((axis) =>
    typeof axis === "number" ? names.number(axis) : axis === "..." ? names.row : names.size(axis),
  );
  return { kind: spec.kind, ...(spec.dtype ? { dtype: spec.dtype } : {}), axes };
}

/** A type as people write it, with the numbers known so far: `f32[32,H,W,3]`. */
export function printType(type: PortType): string {
  const axes = expandAxes(type.axes).map((axis) => (isRow(axis) ? "..." : printSize(axis)));
  if (type.kind === "tensor") return `${type.dtype ?? "f32"}[${axes.join(",")}]`;
  return type.kind === "model" ? `model[${axes.join(",")}]` : type.kind;
}

function printSize(size: Size): string {
  const root = rootOf(size);
  return root.value === undefined ? root.name : String(root.value);
}

/** False where two types can never be equal, as far as is known now; changes nothing. */
export function mayFit(a: PortType, b: PortType): boolean {
  if (a.kind !== b.kind || a.dtype !== b.dtype) return false;
  const left = expandAxes(a.axes);
  const right = expandAxes(b.axes);
  const open = left.some(isRow) || right.some(isRow);
  if (!open && left.length !== right.length) return false;
  if (open && !fitsRow(left, right)) return false;
  for (const [i, axis] of left.entries()) {
    const other = right[i];
    if (!other || isRow(axis) || isRow(other)) break;
    const [x, y] = [rootOf(axis).value, rootOf(other).value];
    if (x !== undefined && y !== undefined && x !== y) return false;
  }
  return true;
}

function fitsRow(left: Axes, right: Axes): boolean {
  const least = (axes: Axes): number => axes.filter((axis) => !isRow(axis)).length;
  const closed = (axes: Axes): boolean => !axes.some(isRow);
  if (closed(left)) return left.length >= least(right);
  return !closed(right) || right.length >= least(left);
}
