import type { ComputeBackend } from "./define-backend.js";
import type { NodeDef } from "./define-node.js";
import type { Op } from "./define-op.js";

/** What a file or package outside raegraph adds: node types, fused ops, backends. */
export interface Plugin {
  /** As it was asked for: `./my-nodes.ts`, `raegraph-extras`. */
  readonly name: string;
  /** The file that was loaded, absolute. */
  readonly file: string;
  /** Of a package: its version. */
  readonly version?: string;
  readonly nodes: readonly NodeDef[];
  readonly ops: readonly Op["def"][];
  readonly backends: readonly ComputeBackend[];
}
