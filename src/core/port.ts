/** What a port carries. `model` is a callable, `weights` a set of variables, `record` a plain JSON value. */
export type PortKind = "tensor" | "model" | "weights" | "record";

/**
 * A typed input or output. `spec` is the type as people write it: `f32[B,H,W,3]`, `i32[B]`, `f32[B,...]`, `model[h,w,C]`,
 * `weights`, `record`. Names stand for sizes and are local to a node; equal names in one node mean equal sizes.
 */
export interface Port<K extends PortKind = PortKind, Optional extends boolean = boolean> {
  readonly kind: K;
  readonly spec: string;
  readonly optional: Optional;
  readonly note?: string;
}

/** A tensor port: `tensor("f32[B,H,W,3]")`. Dtypes are f32 and i32; `...` matches any number of sizes. */
export function tensor(spec: string, note?: string): Port<"tensor", false> {
  return port("tensor", spec, note);
}

/** A callable model whose input and output are batches of `[h,w,C]`: `model("[h,w,C]")`. */
export function model(shape: string, note?: string): Port<"model", false> {
  return port("model", `model${shape}`, note);
}

/** The variables of a model, for an optimizer or a file. */
export function weights(note?: string): Port<"weights", false> {
  return port("weights", "weights", note);
}

/** A plain JSON value. */
export function record(note?: string): Port<"record", false> {
  return port("record", "record", note);
}

/** The same port, allowed to stay unconnected. */
export function optional<K extends PortKind>(required: Port<K>): Port<K, true> {
  return { ...required, optional: true };
}

function port<K extends PortKind>(kind: K, spec: string, note: string | undefined): Port<K, false> {
  return note === undefined ? { kind, spec, optional: false } : { kind, spec, optional: false, note };
}
