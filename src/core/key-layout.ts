/**
 * How a publication's files name the weights of a model, as data. A key that no rule names and nothing ignores stands for the weight of
 * its own name, so a layout lists only what differs. Containers around a state dict (`ema.`, `model.`, `module.`, `decoder.`) need no
 * rule: they are found.
 */
export interface KeyLayout {
  /** Whose names they are, for messages, e.g. `DINOv2 (Facebook)`. */
  readonly name: string;
  readonly rules?: readonly KeyRule[];
  /** Patterns of keys that are knowingly left out. */
  readonly ignore?: readonly string[];
}

/** Names of what a rule can do to numbers. */
export type Conversion = "std_to_var";

/**
 * Weights from arrays of a file, along their first axis. In a pattern each `*` stands for one word without dots, the same on both sides
 * in order; a final `**` stands for any rest. Arrays of several `file` patterns are laid one after the other; what they hold together is
 * cut into equal parts, reordered by `order`, and dealt to the `model` patterns.
 *
 *     { file: "blocks.*.attn.qkv.*", model: ["layer.*.query.*", "layer.*.key.*", "layer.*.value.*"] }   one array, three weights
 *     { file: ["blocks.*.attn.to_q.*", "blocks.*.attn.to_k.*", "blocks.*.attn.to_v.*"], model: "blocks.*.attn.qkv.*" }
 *     { file: "blocks.*.mlp.net.0.proj.*", model: "blocks.*.mlp.w12.*", order: [1, 0] }                 halves swapped
 */
export interface KeyRule {
  readonly file: string | readonly string[];
  readonly model: string | readonly string[];
  readonly order?: readonly number[];
  /** What is done to the numbers: a deviation sqrt(var + 1e-5), as Diffusers keeps it, becomes the variance. */
  readonly convert?: Conversion;
}
