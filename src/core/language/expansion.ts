import type { Span } from "../problem.js";
import type { PluginRequest } from "./load-plugins.js";
import type { FileLoader } from "./load-file.js";
import type { Override } from "./override-text.js";
import type { Problems } from "./problems.js";
import type { AgainDraft, IncludeDraft, NodeDraft, Scope, Wire } from "./scope.js";
import type { Entry, Table } from "./value.js";
import type { Growth } from "./variables.js";

/** What expanding a graph works with, and the flat lists that it fills, in file order. */
export interface Expansion {
  readonly problems: Problems;
  readonly loader: FileLoader;
  readonly resolve: (fromFile: string, path: string) => string;
  readonly growth: Growth;
  readonly nodes: NodeDraft[];
  readonly includes: IncludeDraft[];
  /** Plugins that the files name, in the order in which they are read. */
  readonly plugins: PluginRequest[];
  /** Where each name of the flat graph was first given. */
  readonly names: Map<string, Span>;
  /** Expands an included file with the same lists. */
  readonly expand: (part: FilePart) => Promise<ExpandedFile>;
}

/** One file to expand. */
export interface FilePart {
  readonly table: Table;
  readonly prefix: string;
  /** The files that include each other down to this one, itself last. */
  readonly chain: readonly string[];
  readonly overrides: readonly Override[];
  /** The include entry that asks for it; undefined for the graph itself. */
  readonly from?: {
    readonly written: string;
    readonly vars: readonly Entry[];
    readonly wires: readonly Wire[];
    readonly scope: Scope;
    /** The include whose weights this one uses: its full name. */
    readonly again?: Pick<AgainDraft, "node" | "variant" | "at">;
  };
}

/** The names of a file with its includes, and its top-level entries with variables resolved. */
export interface ExpandedFile {
  readonly scope: Scope;
  readonly fields: ReadonlyMap<string, Entry>;
  /** The file's map after its overrides. */
  readonly root: Table;
}
