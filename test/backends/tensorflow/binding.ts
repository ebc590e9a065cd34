import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";

import { tf } from "../../../src/core/tensor.js";
import type { TensorInfo } from "../../../src/core/tensor.js";
import { opTable } from "./binding-ops.js";

type Values = Float32Array | Int32Array | Uint8Array;

/** Numbers of TensorFlow's C API. */
const types = { TF_FLOAT: 1, TF_INT32: 3, TF_UINT8: 4, TF_STRING: 7, TF_COMPLEX64: 8, TF_INT64: 9, TF_BOOL: 10, TF_RESOURCE: 20 };
const attributeTypes = {
  TF_ATTR_STRING: 0,
  TF_ATTR_INT: 1,
  TF_ATTR_FLOAT: 2,
  TF_ATTR_BOOL: 3,
  TF_ATTR_TYPE: 4,
  TF_ATTR_SHAPE: 5,
};
const dtypes: Readonly<Record<number, "float32" | "int32" | "bool">> = { 1: "float32", 3: "int32", 10: "bool" };

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What one op of TensorFlow's is asked to do. */
export interface OpCall {
  readonly inputs: readonly TensorInfo[];
  readonly attrs: Readonly<Record<string, unknown>>;
  /** The host values of an input, such as the axes of a sum. */
  values(input: number): number[];
  /** Runs tfjs's plain kernel. */
  run(kernel: string, inputs: Readonly<Record<string, TensorInfo>> | readonly TensorInfo[], attrs?: object): TensorInfo[];
}

/**
 * Stands in for tfjs_binding.node: the functions by which tfjs-node's JavaScript works with TensorFlow's C library. Ops are computed by
 * tfjs's plain loops, under TensorFlow's names and with TensorFlow's inputs and attributes; as there, types must fit, no tensor may be
 * used after it was deleted, and what the double does not know is refused.
 */
export class BindingDouble {
  readonly TF_Version = "2.9.1";
  /** The ops that were executed. */
  readonly executed = new Set<string>();
  private readonly tensors = new Map<number, TensorInfo>();
  private last = 0;

  constructor(
    private readonly cpu: MathBackendCPU,
    private readonly gpu: boolean,
  ) {
    Object.assign(this, types, attributeTypes);
  }

  isUsingGpuDevice(): boolean {
    return this.gpu;
  }

  getNumOfTensors(): number {
    return this.tensors.size;
  }

  createTensor(shape: number[], type: number, values: Values | number[]): number {
    const dtype = dtypes[type];
    const size = shape.reduce((a, b) => a * b, 1);
    if (!dtype) throw new Error(`createTensor: type ${type} is none that tensors of numbers have`);
    if (values.length !== size) throw new Error(`createTensor: ${values.length} values for the shape [${shape.join()}]`);
    return this.hold(this.cpu.makeTensorInfo(shape, dtype, arrayOf(dtype, values)));
  }

  deleteTensor(id: number): void {
    const info = this.info(id);
    this.tensors.delete(id);
    this.cpu.disposeData(info.dataId);
  }

  tensorDataSync(id: number): Values {
    const { dtype, dataId } = this.info(id);
    return arrayOf(dtype, this.cpu.readSync(dataId) as Values).slice();
  }

  executeOp(name: string, list: readonly Attribute[], ids: readonly number[], count: number): object[] {
    const op = opTable[name];
    if (!op) throw new Error(`executeOp: the double does not know the op "${name}"`);
    this.executed.add(name);
    const inputs = ids.map((id) => this.info(id));
    const attrs = Object.fromEntries(list.map(({ name: key, value }) => [key, value]));
    const typed = list.find(({ name: key }) => key === "T");
    if (typed && !["OneHot", "Fill"].includes(name)) this.checkTypes(name, typed, inputs);
    const made: TensorInfo[] = [];
    const results = op({
      inputs,
      attrs,
      values: (i) => [...(this.cpu.readSync((inputs[i] as TensorInfo).dataId) as Values)],
      run: (kernel, given, attrsOf = {}) => {
        const config = tf.getKernel(kernel, "cpu");
        if (!config) throw new Error(`tfjs has no plain kernel "${kernel}"`);
        const out = [config.kernelFunc({ inputs: given as never, attrs: attrsOf as never, backend: this.cpu })].flat() as TensorInfo[];
        made.push(...out);
        return out;
      },
    }); // prettier-ignore
    if (results.length !== count) throw new Error(`executeOp: ${name} has ${results.length} results; ${count} were expected`);
    // A result may share an input's memory; each holds on to it by itself.
    for (const info of made) if (!results.includes(info)) this.cpu.disposeData(info.dataId);
    return results.map((info) => ({ id: this.hold(info), shape: info.shape, dtype: typeOf(info.dtype) }));
  }

  /** TensorFlow refuses operands of other types than the op was asked for. */
  private checkTypes(name: string, { value }: Attribute, inputs: readonly TensorInfo[]): void {
    const pair = /^(Add|Sub|Mul|RealDiv|Pow|Maximum|Minimum|SquaredDifference|AddN|BatchMatMulV2)$/.test(name);
    for (const { dtype } of pair ? inputs : inputs.slice(name === "Select" ? 1 : 0, name === "Select" ? 3 : 1))
      if (typeOf(dtype) !== value) throw new Error(`executeOp: ${name} for type ${String(value)} was given ${dtype}`);
  }

  private info(id: number): TensorInfo {
    const info = this.tensors.get(id);
    if (!info) throw new Error(`there is no tensor ${id}, or it was deleted`);
    return info;
  }

  private hold(info: TensorInfo): number {
    this.tensors.set(++this.last, info);
    return this.last;
  }
}

function typeOf(dtype: string): number {
  return dtype === "float32" ? types.TF_FLOAT : dtype === "int32" ? types.TF_INT32 : types.TF_BOOL;
}

function arrayOf(dtype: string, values: Values | number[]): Values {
  if (dtype === "int32") return Int32Array.from(values);
  return dtype === "bool" ? Uint8Array.from(values) : Float32Array.from(values);
}
