import type { Config, Plain } from "./read-config.js";

/** A node of the graph in the making. */
export interface NodeText {
  readonly type: string;
  /** Training steps after which it takes part. */
  readonly from?: number;
  /** Updates of an optimizer in a step. */
  readonly updates?: number;
  readonly params?: Readonly<Record<string, Plain | undefined>>;
  readonly in?: Readonly<Record<string, string>>;
}

/** A node once more, on other inputs. */
export interface AgainText {
  readonly again: string;
  readonly in: Readonly<Record<string, string>>;
}

/** Nodes by name, in the order of the graph. */
export type Nodes = Record<string, NodeText | AgainText>;

/** What a config's parts are made with. */
export interface Making {
  readonly config: Config;
  /** The path of a file or model that the config names, as the graph shall write it. */
  readonly locate: (path: string) => string;
}

/** A value that means the same under another name; a remark, and undefined, for one that has no counterpart. */
export function translate<T extends string>(
  { config }: Making,
  key: string,
  names: Readonly<Record<string, T>>,
  fallback: string,
): T | undefined {
  const value = config.string(key) ?? fallback;
  const found = Object.hasOwn(names, value) ? names[value] : undefined;
  if (found === undefined) config.say("error", key, `"${value}" has no counterpart; there are ${Object.keys(names).join(", ")}`);
  return found;
}

/** A dotted class path's class: `stage1.RAE` gives `RAE`. */
export function className(target: string): string {
  return target.split(".").at(-1) ?? target;
}
