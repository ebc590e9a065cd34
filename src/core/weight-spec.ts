/** A named array of a model: its published checkpoint key, shape, and how it starts. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Init;
  /** False for tables that are saved with the model but never trained. */
  readonly trainable: boolean;
  /** True where a file may lack it; it then keeps its start value. */
  readonly optional?: boolean;
}

/** A table that published files list beside a model's weights, though the model works it out: no parameter, and never read. */
export interface SavedTable {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: () => Float32Array;
}

/** How a weight starts. Draws come from the generator keyed by (seed, node, weight name). */
export type Init =
  | { readonly kind: "zeros" | "ones" }
  | { readonly kind: "normal"; readonly std: number }
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "table"; readonly values: () => Float32Array };
