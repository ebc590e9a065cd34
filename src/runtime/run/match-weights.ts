import type { WeightSpec } from "../../core/weight-spec.js";
import type { KeyLayout } from "../../core/key-layout.js";
import { nearNames } from "../../core/near-names.js";
import { compileLayout } from "./apply-layout.js";
import type { CompiledLayout, FileArray, Piece } from "./apply-layout.js";
import { containersOf } from "./find-container.js";

export type { FileArray, Piece } from "./apply-layout.js";

/**
 * Pairs a model's weights with a file's arrays, strictly: every weight must be there in its shape, and nothing else may be beside it.
 * Tries every layout under every container that may hold the weights, or only `container`; averaged weights go before trained ones.
 * Gives the pieces of each weight by name. Throws an Error that lists all missing, unexpected and mis-shaped keys of the nearest fit,
 * and where two parts of the file fit equally well.
 */
export function matchWeights(
  specs: readonly WeightSpec[],
  arrays: readonly FileArray[],
  layouts: readonly KeyLayout[],
  container?: string,
): ReadonlyMap<string, readonly Piece[]> {
  if (arrays.length === 0) throw new Error("the file holds no array");
  const compiled = layouts.map(compileLayout);
  const wanted = new Set(specs.map((spec) => spec.name));
  const containers = container === undefined ? containersOf(arrays, wanted, compiled) : [`${container}.`];
  const tried = containers.flatMap((prefix) => compiled.map((layout) => tryFit(specs, arrays, layout, prefix)));
  const [best] = [...tried].sort((a, b) => a.faults - b.faults);
  if (!best || (container !== undefined && !arrays.some(({ name }) => name.startsWith(`${container}.`))))
    throw nothingUnder(container ?? "", arrays);
  if (best.faults > 0) throw report(best, layouts[0]?.name);
  const fits = tried.filter((fit) => fit.faults === 0);
  const chosen = fits.reduce((a, b) => (rank(b.prefix) < rank(a.prefix) ? b : a));
  const rival = fits.find((fit) => rank(fit.prefix) === rank(chosen.prefix) && !isSame(fit, chosen));
  if (rival) {
    const [one, other] = [trim(chosen.prefix), trim(rival.prefix)];
    throw new Error(`both "${one}" and "${other}" of the file fit; say which: add #${one} or #${other} to its path`);
  }
  return new Map(chosen.matched);
}

/** The file itself before its parts, averaged weights before all others. */
function rank(prefix: string): number {
  if (prefix === "") return 0;
  return /(^|[._])ema([._]|$)/.test(prefix) ? 1 : 2;
}

/** Two readings of a file may come to the same, e.g. with and without an encoder's own prefix. */
function isSame(a: Fit, b: Fit): boolean {
  const other = new Map(b.matched.map(([name, pieces]) => [name, pieces[0]?.key]));
  return a.matched.every(([name, pieces]) => other.get(name) === pieces[0]?.key);
}

interface Fit {
  readonly prefix: string;
  readonly layout: string;
  readonly faults: number;
  readonly matched: readonly (readonly [string, readonly Piece[]])[];
  readonly shapes: readonly string[];
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  /** Names that the file does not fill, optional ones too. */
  readonly absent: readonly string[];
}

function tryFit(specs: readonly WeightSpec[], arrays: readonly FileArray[], layout: CompiledLayout, prefix: string): Fit {
  const inside = arrays.flatMap((array) =>
    array.name.startsWith(prefix) ? [{ key: array.name.slice(prefix.length), array }] : [],
  );
  const { weights, broken } = layout.apply(inside);
  const wanted = new Map(specs.map((spec) => [spec.name, spec]));
  const matched: [string, readonly Piece[]][] = [];
  const unexpected = [...broken];
  const shapes: string[] = [];
  const found = new Set<string>();
  for (const [name, { pieces, shape, dtype }] of weights) {
    const spec = wanted.get(name);
    if (!spec) {
      unexpected.push(pieces[0]?.key ?? name);
      continue;
    }
    found.add(name);
    if (spec.shape.join() !== shape.join())
      shapes.push(`${name}: [${shape.join()}] in the file, [${spec.shape.join()}] in the model`);
    else if (!/^B?F/.test(dtype)) shapes.push(`${name}: ${dtype} in the file, floats in the model`);
    else matched.push([name, pieces]);
  }
  const absent = specs.filter((spec) => !found.has(spec.name));
  const missing = absent.filter((spec) => !spec.optional).map((spec) => spec.name);
  const faults = shapes.length + missing.length + unexpected.length;
  return { prefix, layout: layout.name, faults, matched, shapes, missing, unexpected, absent: absent.map(({ name }) => name) };
}

function report({ prefix, layout, shapes, missing, unexpected, absent }: Fit, own: string | undefined): Error {
  const place = prefix === "" ? "" : ` in "${trim(prefix)}"`;
  const lines = [
    ...list("wrong shape", shapes, (line) => line),
    ...list("missing", missing, (name) => withNear(name, unexpected, "the file")),
    ...list("unexpected", unexpected, (name) => withNear(name, absent, "the model")),
  ];
  const names = layout === own ? "" : ` (by the names of ${layout})`;
  return new Error(
    `the file holds another model${place}${names}:\n${lines.join("\n")}\nset the params that it was made with, or give another file`,
  );
}

function nothingUnder(container: string, arrays: readonly FileArray[]): Error {
  const roots = [...new Set(arrays.map(({ name }) => name.split(".")[0] ?? ""))];
  const near = nearNames(container, roots);
  return new Error(
    `the file holds nothing in "${container}"; ${near[0] ? `did you mean "${near[0]}"?` : `it holds ${roots.slice(0, 8).join(", ")}`}`,
  );
}

/** Entries of a kind, then how many more. Near names are looked for only where they are shown: a whole other model takes long. */
function list(title: string, entries: readonly string[], show: (entry: string) => string): string[] {
  const shown = entries.slice(0, mostShown).map((entry) => `  ${title} ${show(entry)}`);
  return entries.length > mostShown ? [...shown, `  … and ${entries.length - mostShown} more ${title}`] : shown;
}

const mostShown = 30;

function withNear(name: string, others: readonly string[], owner: string): string {
  const [near] = nearNames(name, others);
  return near === undefined ? name : `${name} (${owner} has "${near}")`;
}

function trim(prefix: string): string {
  return prefix.replace(/\.$/, "");
}
