import { locate } from "../../core/language/format-problem.js";
import { parse } from "../../core/language/parse.js";
import { createProblems } from "../../core/language/problems.js";
import type { Value } from "../../core/language/value.js";
import { nearNames } from "../../core/near-names.js";
import type { Span } from "../../core/problem.js";

/** What a config holds. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** A remark on one key of the config. */
export interface Remark {
  /** Dotted, e.g. `training.num_workers`. */
  readonly key: string;
  /** `CONFIG.yaml:12:5`. */
  readonly place: string;
  readonly value: Plain;
  /** `error`: there is no graph because of it. `missing`: it means something that has no counterpart here. `note`: what became of it. */
  readonly kind: "error" | "missing" | "note";
  readonly says: string;
}

interface Leaf {
  readonly value: Plain;
  readonly at: Span;
}

/** A config of the reference, whose every key is accounted for: taken, remarked on, or unknown. */
export class Config {
  readonly remarks: Remark[] = [];
  private readonly taken = new Set<string>();

  private constructor(
    private readonly leaves: ReadonlyMap<string, Leaf>,
    private readonly text: string,
    private readonly file: string,
  ) {}

  /** Reads YAML with OmegaConf's `${a.b}`. Throws a GraphError with the places of what is no YAML. */
  static read(text: string, file: string): Config {
    const problems = createProblems();
    const value = parse(text, { file, offset: 0 }, problems);
    problems.throwIfAny(new Map([[file, text]]));
    const leaves = new Map<string, Leaf>();
    if (value) collect(value, [], leaves);
    const config = new Config(leaves, text, file);
    for (const [key, leaf] of leaves) leaves.set(key, { ...leaf, value: config.resolve(leaf.value, key, 0) });
    return config;
  }

  /** True where the key, or anything below it, is given and not null. */
  has(key: string): boolean {
    return [...this.leaves].some(([path, { value }]) => value !== null && (path === key || path.startsWith(`${key}.`)));
  }

  /** The value of the first of these keys that is given; undefined for none and for null. */
  take(...keys: readonly string[]): Plain | undefined {
    let found: Plain | undefined;
    for (const key of keys) {
      const leaf = this.leaves.get(key);
      if (!leaf) continue;
      this.taken.add(key);
      found ??= leaf.value ?? undefined;
    }
    return found;
  }

  number(...keys: readonly string[]): number | undefined {
    const value = this.take(...keys);
    if (value === undefined || typeof value === "number") return value;
    return this.refuse(keys, "a number");
  }

  string(...keys: readonly string[]): string | undefined {
    const value = this.take(...keys);
    if (value === undefined || typeof value === "string") return value;
    return this.refuse(keys, "a text");
  }

  boolean(...keys: readonly string[]): boolean | undefined {
    const value = this.take(...keys);
    if (value === undefined || typeof value === "boolean") return value;
    return this.refuse(keys, "true or false");
  }

  numbers(...keys: readonly string[]): readonly number[] | undefined {
    const value = this.take(...keys);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value as number[];
    return this.refuse(keys, "a list of numbers");
  }

  /** Remarks on a key that is given, which is accounted for by that. */
  say(kind: Remark["kind"], key: string, says: string): void {
    const leaf = this.leaves.get(key);
    this.taken.add(key);
    const { line, col } = locate(this.text, leaf?.at.start ?? 0);
    this.remarks.push({ key, place: `${this.file}:${line}:${col}`, value: leaf?.value ?? null, kind, says });
  }

  /** Keys with values that nothing has asked for. */
  rest(): string[] {
    return [...this.leaves].filter(([key, { value }]) => value !== null && !this.taken.has(key)).map(([key]) => key);
  }

  private refuse(keys: readonly string[], expected: string): undefined {
    const key = keys.find((each) => this.leaves.has(each)) ?? keys[0] ?? "";
    this.say("error", key, `expected ${expected}`);
    return undefined;
  }

  private resolve(value: Plain, key: string, depth: number): Plain {
    if (Array.isArray(value)) return value.map((item: Plain) => this.resolve(item, key, depth));
    if (typeof value !== "string" || !value.includes("${")) return value;
    const whole = /^\$\{([\w.-]+)\}$/.exec(value)?.[1];
    if (whole !== undefined) return this.lookUp(whole, key, depth);
    return value.replace(/\$\{([^}]*)\}/g, (_, name: string) => String(this.lookUp(name, key, depth)));
  }

  private lookUp(name: string, key: string, depth: number): Plain {
    const leaf = this.leaves.get(name);
    if (leaf && depth < 16) {
      this.taken.add(name);
      return this.resolve(leaf.value, key, depth + 1);
    }
    const near = nearNames(name, this.leaves.keys());
    const why = leaf
      ? "refers to itself"
      : `names no key${near[0] ? `; did you mean ${near[0]}?` : "; only ${a.b} of the same file is known"}`;
    this.say("error", key, `\${${name}} ${why}`);
    return null;
  }
}

function collect(value: Value, path: readonly string[], leaves: Map<string, Leaf>): void {
  if (value.kind === "table") for (const entry of value.entries) collect(entry.value, [...path, entry.key], leaves);
  else leaves.set(path.join("."), { value: plain(value), at: value.at });
}

function plain(value: Value): Plain {
  if (value.kind === "scalar") return value.value;
  if (value.kind === "list") return value.items.map(plain);
  if (value.kind === "table") return Object.fromEntries(value.entries.map((entry) => [entry.key, plain(entry.value)]));
  return null;
}
