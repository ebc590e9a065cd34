import { PickleDict, PickleGlobal, PickleOther, PickleStorage, PickleTensor, describeValue } from "./pickle-value.js";
import type { PickleValue } from "./pickle-value.js";

/** Storage classes of PyTorch and the dtype of their elements. */
const storages: Readonly<Record<string, string>> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
  ComplexFloatStorage: "C64",
};

/** PyTorch's dtypes, which name the elements of a storage without a type. */
const dtypes: Readonly<Record<string, string>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  float8_e4m3fn: "F8_E4M3",
  float8_e5m2: "F8_E5M2",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint64: "U64",
  uint32: "U32",
  uint16: "U16",
  uint8: "U8",
  bool: "BOOL",
  complex64: "C64",
};

type Call = (args: readonly PickleValue[]) => PickleValue;

/**
 * The whole list of what a weights file may call, and what stands in for it here. Whatever else a pickle names is refused by name;
 * nothing of Python's is ever run, for none is there.
 */
const calls: Readonly<Record<string, Call>> = {
  "collections.OrderedDict": ([pairs]) => dictOf(pairs),
  "collections.Counter": ([counts]) => dictOf(counts),
  "collections.defaultdict": () => new PickleDict(),
  "builtins.dict": ([pairs]) => dictOf(pairs),
  "builtins.set": ([items]) => (Array.isArray(items) ? items : []),
  "builtins.frozenset": ([items]) => (Array.isArray(items) ? items : []),
  "torch.Size": ([sizes]) => (Array.isArray(sizes) ? sizes : []),
  "torch.device": () => new PickleOther("a device"),
  "torch._utils._rebuild_tensor": ([storage, offset, shape, strides]) => tensorOf(storage, offset, shape, strides),
  "torch._utils._rebuild_tensor_v2": ([storage, offset, shape, strides]) => tensorOf(storage, offset, shape, strides),
  "torch._utils._rebuild_tensor_v3": (args) => tensorOf(args[0], args[1], args[2], args[3], args[6]),
  "torch._utils._rebuild_parameter": ([data]) => data ?? null,
  "torch._utils._rebuild_parameter_with_state": ([data]) => data ?? null,
};

/** Classes without tensors, in checkpoints for their settings and counts. They are made as `PickleOther`. */
const passedOver = new Set([
  "argparse.Namespace",
  ...["bool", "bytearray", "complex", "float", "int", "list", "range", "slice", "str", "tuple"].map((name) => `builtins.${name}`),
  "_codecs.encode",
  "datetime.datetime",
  "datetime.timedelta",
  "pathlib.Path",
  "pathlib.PosixPath",
  "pathlib.PurePosixPath",
  "pathlib.WindowsPath",
  "numpy.dtype",
  "numpy.ndarray",
  ...["numpy.core.multiarray", "numpy._core.multiarray"].flatMap((module) => [`${module}.scalar`, `${module}._reconstruct`]),
  "torch.serialization._get_layout",
  "torch.Generator",
]);

/** Whether a pickle may name this. */
export function isAllowed({ module, name, path }: PickleGlobal): boolean {
  return (
    Object.hasOwn(calls, path) ||
    passedOver.has(path) ||
    path === "torch.storage.UntypedStorage" ||
    (module === "torch" && (Object.hasOwn(storages, name) || Object.hasOwn(dtypes, name)))
  );
}

/** What calling an allowed name gives. Throws an Error for what is no function of the list, or was given what it does not take. */
export function callGlobal(what: PickleValue | undefined, args: readonly PickleValue[]): PickleValue {
  if (!(what instanceof PickleGlobal)) throw new Error(`expected a function to call, got ${describeValue(what)}`);
  const call = Object.hasOwn(calls, what.path) ? calls[what.path] : undefined;
  if (call) return call(args);
  if (passedOver.has(what.path)) return new PickleOther(what.path);
  throw new Error(`${what.path} is no function that a weights file may call`);
}

/** The storage that a persistent id names: `("storage", class, key, device, elements[, view])`. */
export function storageOf(id: PickleValue | undefined): PickleStorage {
  if (!Array.isArray(id) || id[0] !== "storage")
    throw new Error(`expected ("storage", class, key, device, size), got ${describeValue(id)}`);
  const [, type, key, , size, view] = id;
  if (!(type instanceof PickleGlobal) || typeof key !== "string") throw new Error("a storage's id lacks its class or its key");
  const dtype = type.module === "torch" && Object.hasOwn(storages, type.name) ? storages[type.name] : undefined;
  if (dtype === undefined && type.path !== "torch.storage.UntypedStorage") throw new Error(`${type.path} is no storage class`);
  if (!Array.isArray(view)) return new PickleStorage(key, dtype, sizeOf(size, "a storage's size"));
  return new PickleStorage(key, dtype, sizeOf(view[2], "a view's size"), sizeOf(view[1], "a view's offset"));
}

function tensorOf(
  storage: PickleValue | undefined,
  offset: PickleValue | undefined,
  shape: PickleValue | undefined,
  strides: PickleValue | undefined,
  type?: PickleValue,
): PickleTensor {
  if (!(storage instanceof PickleStorage)) throw new Error(`a tensor's storage is ${describeValue(storage)}`);
  const dtype = type instanceof PickleGlobal && Object.hasOwn(dtypes, type.name) ? dtypes[type.name] : storage.dtype;
  if (dtype === undefined) throw new Error("a tensor says no dtype, and neither does its storage");
  const sizes = sizesOf(shape, "a tensor's shape");
  const steps = sizesOf(strides, "a tensor's strides");
  if (sizes.length !== steps.length)
    throw new Error(`a tensor has ${sizes.length} sizes [${sizes.join()}] and ${steps.length} strides [${steps.join()}]`);
  return new PickleTensor(storage, dtype, sizeOf(offset, "a tensor's offset"), sizes, steps);
}

function sizesOf(value: PickleValue | undefined, what: string): number[] {
  if (!Array.isArray(value) || value.length > 64) throw new Error(`${what}: expected whole numbers, got ${describeValue(value)}`);
  return value.map((size) => sizeOf(size, what));
}

function sizeOf(value: PickleValue | undefined, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`${what}: expected a whole number, got ${describeValue(value)}`);
}

function dictOf(pairs: PickleValue | undefined): PickleDict {
  const dict = new PickleDict();
  if (pairs instanceof PickleDict) for (const [key, value] of pairs.entries) dict.entries.set(key, value);
  else if (Array.isArray(pairs))
    for (const pair of pairs) {
      if (!Array.isArray(pair) || pair.length !== 2) throw new Error(`expected pairs for a dict, got ${describeValue(pair)}`);
      dict.entries.set(pair[0] ?? null, pair[1] ?? null);
    }
  return dict;
}
