import type { Dims, NodeDef } from "./define-node.js";
import type { ReportPlan, Sweep } from "./experiment.js";
import type { Plugin } from "./plugin.js";
import type { Span } from "./problem.js";

/** A port of a node in a graph; `variant` is the part after `@` (`ema`). */
export interface PortRef {
  readonly node: string;
  readonly port: string;
  readonly variant?: "ema";
}

/** A node whose type is known, whose params passed the schema (paths absolute), and whose sizes are inferred. */
export interface GraphNode {
  readonly name: string;
  readonly def: NodeDef;
  readonly params: Readonly<Record<string, unknown>>;
  /** Producer of each connected input. */
  readonly inputs: Readonly<Record<string, PortRef>>;
  /** Sizes by the names of the node's ports; a size stays out while only a run can know it. */
  readonly dims: Dims;
  readonly at: Span;
  /** The model whose weights it uses: it is that node once more, with other inputs. */
  readonly again?: { readonly node: string; readonly variant?: "ema" };
  /** Training steps of a phase that pass before it takes part. */
  readonly from?: number;
  /** Updates that an optimizer makes in a step; 1 where it does not say. */
  readonly updates?: number;
  /** Keep its results on disk, by what they are computed from. */
  readonly cache?: "disk";
  /** What the node's probe said of its files. */
  readonly summary?: string;
}

/** An edge and the type that flows on it, e.g. `f32[32,4,4,128]`. */
export interface GraphEdge {
  readonly from: PortRef;
  readonly to: { readonly node: string; readonly port: string };
  readonly type: string;
}

/** What an edge promises in every step: `expect: { dit.velocity: { finite: true, range: [-8, 8] } }`. */
export interface Contract {
  readonly edge: PortRef;
  readonly at: Span;
  /** No NaN and no infinity. */
  readonly finite?: boolean;
  /** The least and the largest number that may come. */
  readonly range?: readonly [number, number];
}

/** A loop over the graph with its own targets. */
export interface Phase {
  readonly name: string;
  /** Targets: sinks, reducers or optimizers. */
  readonly run: readonly string[];
  /** Outputs whose mean is told after every step that computes them. */
  readonly log?: readonly PortRef[];
  /** Batches per execution; undefined runs until a source ends. */
  readonly steps?: number;
  /** Runs inside `of`, after every `every`-th step of it and after its last. */
  readonly every?: number;
  readonly of?: string;
  /** Runs once before or after another phase. */
  readonly before?: string;
  readonly after?: string;
  /** Steps between checkpoints of a training phase; 0 writes only the last. */
  readonly checkpoint: number;
  /** How many checkpoints stay on disk. */
  readonly keep: number;
}

/** A graph that passed every check; nodes stand in an order in which each follows its producers. */
export interface Graph {
  readonly name: string;
  readonly file: string;
  readonly seed: number;
  readonly note?: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly phases: readonly Phase[];
  /** What some of its edges promise in every step. */
  readonly expect?: readonly Contract[];
  /** The runs that it asks for, where it is more than one. */
  readonly sweep?: Sweep;
  /** What the report on those runs says. */
  readonly report?: ReportPlan;
  /** The whole graph after includes, variables, overrides and defaults, as YAML text. */
  readonly resolved: string;
  /** Plugins that define some of its node types, or bring backends. */
  readonly plugins?: readonly Plugin[];
  /** Every file that was read for it, by absolute path. */
  readonly sources: ReadonlyMap<string, string>;
}
