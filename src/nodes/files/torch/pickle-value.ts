/** A class or function that a pickle names. It is a name and nothing else: nothing here imports, calls or makes what it names. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** A dict, of any class. Python's keys may be any hashable value; those that are no text or number are kept as they are. */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();
}

/** The bytes of numbers, still in the file. */
export class PickleStorage {
  constructor(
    /** Name in the archive. */
    readonly key: string,
    /** As safetensors spells it; undefined where bytes without a type are stored, and whoever uses them says theirs. */
    readonly dtype: string | undefined,
    /** Elements, or bytes where there is no dtype. */
    readonly size: number,
    /** Elements before the first, in the storage that `key` names: an old form of views. */
    readonly offset = 0,
  ) {}
}

/** A tensor: a window on a storage. Offset and strides in elements. */
export class PickleTensor {
  constructor(
    readonly storage: PickleStorage,
    readonly dtype: string,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** Something that no tensor can hide in, e.g. numpy's numbers or a path: passed over. */
export class PickleOther {
  constructor(readonly what: string) {}
}

/** What a pickle may hold. Tuples, lists and sets are all arrays. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleDict
  | PickleGlobal
  | PickleStorage
  | PickleTensor
  | PickleOther;

/** A value in a few words, for messages. */
export function describeValue(value: PickleValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "None";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (value instanceof PickleDict) return `a dict of ${value.entries.size}`;
  if (value instanceof PickleGlobal) return value.path;
  if (value instanceof PickleStorage) return `storage "${value.key}"`;
  if (value instanceof PickleTensor) return `a tensor [${value.shape.join()}]`;
  if (value instanceof PickleOther) return value.what;
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value);
}
