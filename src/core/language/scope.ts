import type { Span } from "../problem.js";
import type { Table } from "./value.js";

/** An input of a node or include as the file connects it. */
export interface Wire {
  readonly port: string;
  readonly portAt: Span;
  /** The reference; undefined where its mistake is already reported. */
  readonly ref: string | undefined;
  readonly at: Span;
}

interface Member {
  /** Name in the whole graph: `outer/inner` for nodes of included files. */
  readonly name: string;
  /** The name in the file. */
  readonly at: Span;
  readonly wires: readonly Wire[];
  /** False where `in` is unreadable, so that nothing can be said of unconnected inputs. */
  readonly wired: boolean;
  /** The file's names that the wires mean. */
  readonly scope: Scope;
}

/** A node as written, its variables resolved. */
export interface NodeDraft extends Member {
  readonly kind: "node";
  /** The type as written; undefined where it is missing, which is reported. */
  readonly type: { readonly text: string; readonly at: Span } | undefined;
  /** Undefined where unreadable or broken, which is reported. */
  readonly params: Table | undefined;
  /** As written: `cache: disk`. */
  readonly cache?: { readonly value: "disk"; readonly at: Span };
  readonly note?: string;
  /** The node whose weights it uses; it has that node's type and params. */
  readonly again?: AgainDraft;
  /** First training step in which it takes part. */
  readonly from?: { readonly step: number; readonly at: Span };
  /** Updates of an optimizer in a step, as written. */
  readonly updates?: { readonly count: number; readonly at: Span };
}

/** A node named as one to use again. */
export interface AgainDraft {
  /** Its name in the whole graph. */
  readonly node: string;
  readonly variant?: "ema";
  readonly at: Span;
  /** True inside an include that is used again: of its nodes only the models have weights to share. */
  readonly implied: boolean;
}

/** A node entry that stands for a whole file. */
export interface IncludeDraft extends Member {
  readonly kind: "include";
  /** Undefined where the file cannot be used, which is reported. */
  readonly inner: Scope | undefined;
}

/** A typed input that an included file declares. */
export interface ScopeInput {
  readonly name: string;
  readonly spec: string;
  readonly at: Span;
}

/** The names of one file, of one inclusion of it. */
export interface Scope {
  readonly file: string;
  /** `outer/`, or nothing for the graph itself. */
  readonly prefix: string;
  readonly members: ReadonlyMap<string, NodeDraft | IncludeDraft>;
  /** Undefined in the graph itself. */
  readonly inputs: ReadonlyMap<string, ScopeInput> | undefined;
  /** What `inputs.x` means outside, by x. */
  readonly given: ReadonlyMap<string, Wire>;
  /** The scope in which `given` is written. */
  readonly outer: Scope | undefined;
  readonly outputs: ReadonlyMap<string, Wire>;
}
