/** A size that may still be unknown. Equal sizes are joined: of each joined set one stands for all. */
export interface Size {
  /** How the file's node types call it, for printing while it is unknown. */
  readonly name: string;
  /** Creation order: of joined unknown sizes the first gives the name. */
  readonly order: number;
  value?: number;
  parent?: Size;
}

/** An unknown number of sizes, written `...`; `bound` once it is known how many. */
export interface Row {
  readonly kind: "row";
  bound?: Axes;
}

/** The axes of a type; at most one of them is an unbound row once `expandAxes` has been through it. */
export type Axes = readonly (Size | Row)[];

/** Makes sizes; each type check has its own maker, so that names are the same in every run. */
export function createSizes(): (name: string, value?: number) => Size {
  let order = 0;
  return (name, value) => ({ name, order: order++, ...(value === undefined ? {} : { value }) });
}

/** The size that stands for all that this one is joined with. */
export function rootOf(size: Size): Size {
  let root = size;
  while (root.parent) root = root.parent;
  for (let at = size; at.parent && at.parent !== root;) {
    const next = at.parent;
    at.parent = root;
    at = next;
  }
  return root;
}

/** Makes two sizes one; false, and nothing changed, where they are different numbers. */
export function joinSizes(a: Size, b: Size): boolean {
  const [x, y] = [rootOf(a), rootOf(b)];
  const [first, second] = x.order < y.order ? [x, y] : [y, x];
  if (first === second) return true;
  if (first.value !== undefined && second.value !== undefined && first.value !== second.value) return false;
  if (first.value === undefined && second.value !== undefined) first.value = second.value;
  second.parent = first;
  return true;
}

export function isRow(axis: Size | Row): axis is Row {
  return "kind" in axis;
}

/** The axes with every bound row replaced by what it is bound to. Long chains of rows are shortened on the way. */
export function expandAxes(axes: Axes): Axes {
  let current = axes;
  const passed: { row: Row; before: number; after: number }[] = [];
  for (;;) {
    const at = current.findIndex((axis) => isRow(axis) && axis.bound !== undefined);
    const row = current[at];
    if (!row || !isRow(row) || !row.bound) break;
    passed.push({ row, before: at, after: current.length - 1 - at });
    current = [...current.slice(0, at), ...row.bound, ...current.slice(at + 1)];
  }
  for (const { row, before, after } of passed) row.bound = current.slice(before, current.length - after);
  return current;
}
