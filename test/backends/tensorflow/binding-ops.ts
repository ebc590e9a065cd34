import type { TensorInfo } from "../../../src/core/tensor.js";
import type { OpCall } from "./binding.js";

type Op = (call: OpCall) => TensorInfo[];

const unary = [
  "Abs",
  "Cos",
  "Elu",
  "Erf",
  "Exp",
  "Floor",
  "IsFinite",
  "IsInf",
  "IsNan",
  "Log",
  "Log1p",
  "LogicalNot",
  "Neg",
  "Reciprocal",
  "Relu",
  "Round",
];
const more = ["Rsqrt", "Sigmoid", "Sign", "Sin", "Softplus", "Sqrt", "Square", "Tanh", "ZerosLike", "OnesLike"];
const binary = ["Add", "Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalOr", "Maximum", "Minimum"];
const others = ["NotEqual", "Pow", "RealDiv", "SquaredDifference", "Sub"];
const reductions = ["Sum", "Mean", "Max", "Min", "Prod", "All", "Any"];

const one = (info: TensorInfo | undefined): TensorInfo => {
  if (!info) throw new Error("executeOp: an input is missing");
  return info;
};
const table = (names: readonly string[], op: (name: string) => Op): Record<string, Op> =>
  Object.fromEntries(names.map((name) => [name, op(name)]));
const map =
  (kernel: string, attrs: object = {}): Op =>
  ({ inputs, run }) =>
    run(kernel, { x: one(inputs[0]) }, attrs);
const pair =
  (kernel: string): Op =>
  ({ inputs: [a, b], run }) =>
    run(kernel, { a: one(a), b: one(b) });

/** The gradients of a convolution are given as sizes what tfjs gives as attributes. */
const convolution = ({ attrs }: OpCall): object => {
  const [, high, wide] = attrs["strides"] as number[];
  return {
    strides: [high, wide],
    pad: (attrs["padding"] as string).toLowerCase(),
    dataFormat: attrs["data_format"],
    dilations: 1,
  };
};

/** TensorFlow's ops in terms of tfjs's plain kernels: sizes and axes come as tensors, names of attributes differ. */
export const opTable: Readonly<Record<string, Op>> = {
  ...table([...unary, ...more], (name) => map(name)),
  ...table([...binary, ...others], pair),
  Mul: pair("Multiply"),
  ...table(reductions, (name) => ({ inputs, attrs, values, run }) => {
    const axis = values(1);
    // Unlike tfjs, no axes leave everything as it is.
    if (axis.length === 0) return run("Identity", { x: one(inputs[0]) });
    return run(name, { x: one(inputs[0]) }, { [name === "Max" ? "reductionIndices" : "axis"]: axis, keepDims: attrs["keep_dims"] });
  }),
  AddN: ({ inputs, run }) => run("AddN", inputs),
  BatchMatMulV2: ({ inputs: [a, b], attrs, run }) =>
    run("BatchMatMul", { a: one(a), b: one(b) }, { transposeA: attrs["adj_x"], transposeB: attrs["adj_y"] }),
  Cast: ({ inputs, attrs, run }) =>
    run("Cast", { x: one(inputs[0]) }, { dtype: ({ 1: "float32", 3: "int32", 10: "bool" } as Record<number, string>)[attrs["DstT"] as number] }),
  ConcatV2: ({ inputs, values, run }) => run("Concat", inputs.slice(0, -1), { axis: values(inputs.length - 1)[0] }),
  Conv2D: (call) => call.run("Conv2D", { x: one(call.inputs[0]), filter: one(call.inputs[1]) }, convolution(call)),
  Conv2DBackpropFilter: (call) =>
    call.run("Conv2DBackpropFilter", { x: one(call.inputs[0]), dy: one(call.inputs[2]) }, { ...convolution(call), filterShape: call.values(1) }),
  Conv2DBackpropInput: (call) =>
    call.run("Conv2DBackpropInput", { filter: one(call.inputs[1]), dy: one(call.inputs[2]) }, { ...convolution(call), inputShape: call.values(0) }),
  ExpandDims: ({ inputs, values, run }) => run("ExpandDims", { input: one(inputs[0]) }, { dim: values(1)[0] }),
  Fill: ({ inputs, values, run }) => run("Fill", {}, { shape: values(0), value: values(1)[0], dtype: one(inputs[1]).dtype }),
  GatherV2: ({ inputs: [x, indices], attrs, values, run }) =>
    run("GatherV2", { x: one(x), indices: one(indices) }, { axis: values(2)[0], batchDims: attrs["batch_dims"] }),
  OneHot: ({ inputs, values, run }) =>
    run("OneHot", { indices: one(inputs[0]) }, { depth: values(1)[0], onValue: values(2)[0], offValue: values(3)[0], dtype: one(inputs[2]).dtype }),
  Pack: ({ inputs, attrs, run }) => run("Pack", inputs, { axis: attrs["axis"] }),
  PadV2: ({ inputs, values, run }) => {
    const flat = values(1);
    const paddings = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
    return run("PadV2", { x: one(inputs[0]) }, { paddings, constantValue: values(2)[0] });
  },
  Range: ({ inputs, values, run }) =>
    run("Range", {}, { start: values(0)[0], stop: values(1)[0], step: values(2)[0], dtype: one(inputs[0]).dtype }),
  Reshape: ({ inputs, values, run }) => run("Reshape", { x: one(inputs[0]) }, { shape: values(1) }),
  ReverseV2: ({ inputs, values, run }) => run("Reverse", { x: one(inputs[0]) }, { dims: values(1) }),
  Select: ({ inputs: [condition, t, e], run }) => run("Select", { condition: one(condition), t: one(t), e: one(e) }),
  Slice: ({ inputs, values, run }) => run("Slice", { x: one(inputs[0]) }, { begin: values(1), size: values(2) }),
  Softmax: ({ inputs, run }) => run("Softmax", { logits: one(inputs[0]) }, { dim: one(inputs[0]).shape.length - 1 }),
  SplitV: ({ inputs, values, run }) => run("SplitV", { x: one(inputs[0]) }, { numOrSizeSplits: values(1), axis: values(2)[0] }),
  Tile: ({ inputs, values, run }) => run("Tile", { x: one(inputs[0]) }, { reps: values(1) }),
  Transpose: ({ inputs, values, run }) => run("Transpose", { x: one(inputs[0]) }, { perm: values(1) }),
  Unpack: ({ inputs, attrs, run }) => run("Unpack", { value: one(inputs[0]) }, { axis: attrs["axis"] }),
  UnsortedSegmentSum: ({ inputs: [x, segmentIds], values, run }) =>
    run("UnsortedSegmentSum", { x: one(x), segmentIds: one(segmentIds) }, { numSegments: values(2)[0] }),
}; // prettier-ignore
