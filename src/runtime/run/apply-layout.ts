import type { Conversion, KeyLayout, KeyRule } from "../../core/key-layout.js";
import { keyPattern } from "./key-pattern.js";
import type { KeyPattern } from "./key-pattern.js";

/** Name, shape and dtype of an array in a file. */
export interface FileArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype?: string;
}

/** Rows of an array in a file, along its first axis; all of it without `rows`. */
export interface Piece {
  readonly key: string;
  readonly rows?: readonly [from: number, to: number];
  readonly convert?: Conversion;
}

/** A weight as the file gives it: pieces laid one after the other along the first axis. */
export interface Assembly {
  readonly pieces: readonly Piece[];
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** What a layout makes of a file's arrays. */
export interface Applied {
  readonly weights: ReadonlyMap<string, Assembly>;
  /** Keys whose partners of the same rule the file lacks, or whose rows cannot be cut as it says, with the reason. */
  readonly broken: readonly string[];
}

/** A layout, ready for many files. `key` names a file's array without its container. */
export interface CompiledLayout {
  readonly name: string;
  apply(arrays: readonly { readonly key: string; readonly array: FileArray }[]): Applied;
  /** Names of weights that an array of this key has a part in; empty where it is ignored. */
  targets(key: string): readonly string[];
}

/** Compiles a layout. */
export function compileLayout(layout: KeyLayout): CompiledLayout {
  const ignore = (layout.ignore ?? []).map(keyPattern);
  const rules = (layout.rules ?? []).map(compileRule);
  const find = (key: string): Found | undefined => {
    for (const rule of rules)
      for (const [index, pattern] of rule.files.entries()) {
        const words = pattern.match(key);
        if (words) return { rule, index, words };
      }
    return undefined;
  };
  const isIgnored = (key: string): boolean => ignore.some((pattern) => pattern.match(key) !== undefined);
  return {
    name: layout.name,
    targets(key) {
      if (isIgnored(key)) return [];
      const found = find(key);
      return found ? found.rule.models.map((pattern) => pattern.fill(found.words)) : [key];
    },
    apply(arrays) {
      const weights = new Map<string, Assembly>();
      const broken: string[] = [];
      const groups = new Map<string, { found: Found; parts: (FileArray | undefined)[] }>();
      for (const { key, array } of arrays) {
        if (isIgnored(key)) continue;
        const found = find(key);
        if (!found) {
          weights.set(key, { pieces: [{ key: array.name }], shape: array.shape, dtype: array.dtype ?? "F32" });
          continue;
        }
        const id = `${rules.indexOf(found.rule)} ${found.words.join(" ")}`;
        const group = groups.get(id) ?? { found, parts: [] };
        group.parts[found.index] = array;
        groups.set(id, group);
      }
      for (const { found, parts } of groups.values()) {
        const made = assemble(found, parts);
        if (typeof made === "string") broken.push(made);
        else for (const [name, assembly] of made) weights.set(name, assembly);
      }
      return { weights, broken };
    },
  };
}

interface CompiledRule {
  readonly files: readonly KeyPattern[];
  readonly models: readonly KeyPattern[];
  readonly order: readonly number[];
  readonly convert: Conversion | undefined;
}

interface Found {
  readonly rule: CompiledRule;
  readonly index: number;
  readonly words: readonly string[];
}

function compileRule({ file, model, order, convert }: KeyRule): CompiledRule {
  const files = [file].flat().map(keyPattern);
  const models = [model].flat().map(keyPattern);
  const parts = order?.length ?? Math.max(files.length, models.length);
  if (parts % files.length !== 0 || parts % models.length !== 0)
    throw new Error(`a rule of ${parts} parts cannot deal ${files.length} arrays to ${models.length} weights`);
  return { files, models, order: order ?? Array.from({ length: parts }, (_, i) => i), convert };
}

/** The weights that a rule makes of its arrays, or why it cannot. */
function assemble({ rule, words }: Found, arrays: readonly (FileArray | undefined)[]): [string, Assembly][] | string {
  const { files, models, order, convert } = rule;
  const extra = convert ? { convert } : {};
  const per = order.length / files.length;
  const parts: { piece: Piece; rows: number; array: FileArray }[] = [];
  for (const [i, pattern] of files.entries()) {
    const array = arrays[i];
    if (!array) return `${arrays.find((other) => other)?.name ?? "?"} (without its "${pattern.fill(words)}")`;
    const rows = array.shape[0] ?? 1;
    const each = rows / per;
    if (!Number.isInteger(each)) return `${array.name} ([${array.shape.join()}] cannot be cut into ${per} parts)`;
    for (let part = 0; part < per; part++)
      parts.push({
        piece: { key: array.name, ...(per === 1 ? {} : { rows: [part * each, (part + 1) * each] }), ...extra },
        rows: each,
        array,
      });
  }
  const ordered = order.map((from) => parts[from]);
  const count = order.length / models.length;
  return models.map((pattern, m) => {
    const own = ordered.slice(m * count, (m + 1) * count).flatMap((part) => part ?? []);
    const [first] = own;
    const shape =
      own.length === 1 && !first?.piece.rows ? (first?.array.shape ?? []) : [sum(own), ...(first?.array.shape.slice(1) ?? [])];
    return [pattern.fill(words), { pieces: own.map(({ piece }) => piece), shape, dtype: first?.array.dtype ?? "F32" }];
  });
}

function sum(parts: readonly { readonly rows: number }[]): number {
  return parts.reduce((total, { rows }) => total + rows, 0);
}
