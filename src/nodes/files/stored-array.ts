/** Where one array of a weights file lies, whatever the format. `begin` is the byte of its first element in `file`. */
export interface StoredArray {
  /** Its key; keys of nested dicts are joined by dots. */
  readonly name: string;
  /** As safetensors spells it: F32, BF16, I64, … */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly file: string;
  readonly begin: number;
  /** Elements between neighbours along each axis, where they are not those of a row-major array. */
  readonly strides?: readonly number[];
  readonly bigEndian?: boolean;
}

/** All that a weights file says before its numbers. */
export interface ArrayList {
  /** The format in words, e.g. `safetensors` or `PyTorch (zip)`. */
  readonly format: string;
  readonly tensors: readonly StoredArray[];
  /** What the file says about itself; empty for formats without. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Product of the sizes; 1 for a scalar. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Strides of a row-major array, in elements. */
export function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementsOf(shape.slice(axis + 1)));
}

/** Elements from the first to the last of an array, both included: what must be read of its storage. */
export function spanOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((span, size, axis) => span + (size - 1) * (strides[axis] ?? 0), 1);
}
