import { tf } from "../../../core/tensor.js";
import type { TensorInfo } from "../../../core/tensor.js";
import type { BaseKernels, CallBackend, KernelAttrs, KernelInputs } from "../call-backend.js";
import { allFloat, sizeOf } from "../shapes.js";
import { matMulKernels } from "./mat-mul.js";
import { moveKernels } from "./move.js";
import { reduceKernels } from "./reduce.js";

/** The most axes that a transpose always serves. */
const mostAxes = 6;

/** A tensor with a letter for each axis. */
interface Term {
  readonly info: TensorInfo;
  readonly axes: readonly string[];
}

/**
 * Sums of products over named axes, of one or two tensors: what one tensor alone sums away goes first; the rest is a product of matrices
 * [batch, rows, inner] · [batch, inner, columns], whose axes are those that both keep, one keeps, or both sum away.
 */
export const einsumKernels: BaseKernels = {
  Einsum(inputs, attrs, backend) {
    const list = Object.values(inputs as KernelInputs);
    const equation = (attrs["equation"] as string).replace(/\s/g, "");
    const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, list.length);
    tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, list as never);
    const wanted = [...(equation.split("->")[1] ?? "")];
    const few = allDims.length <= mostAxes && new Set(wanted).size === wanted.length;
    if (!few || !allFloat(...list) || list.some(({ shape }) => sizeOf(shape) === 0)) return undefined;
    const given = list.map((info, i): Term => ({ info, axes: (idDims[i] ?? []).map((at) => allDims[at] ?? "") }));
    const steps = new Steps(backend);
    const terms = given.map((term, i) => steps.sum(term, new Set([...wanted, ...(given[1 - i]?.axes ?? [])])));
    const [a, b] = terms as [Term, Term | undefined];
    return steps.end(steps.order(b ? steps.multiply(a, b, wanted) : a, wanted).info);
  },
};

/** Carries out the steps by the kernels beside this one, and frees what only they needed. */
class Steps {
  private readonly made: TensorInfo[] = [];

  constructor(private readonly backend: CallBackend) {}

  /** Sums away all axes but those. */
  sum({ info, axes }: Term, kept: ReadonlySet<string>): Term {
    const gone = axes.filter((axis) => !kept.has(axis));
    if (gone.length === 0) return { info, axes };
    const rest = axes.filter((axis) => kept.has(axis));
    const last = this.order({ info, axes }, [...rest, ...gone]);
    const attrs = { axis: gone.map((_, i) => rest.length + i), keepDims: false };
    return { info: this.run(reduceKernels, "Sum", { x: last.info }, attrs), axes: rest };
  }

  /** The axes in another order. */
  order({ info, axes }: Term, wanted: readonly string[]): Term {
    if (axes.join("") === wanted.join("")) return { info, axes };
    const perm = wanted.map((axis) => axes.indexOf(axis));
    return { info: this.run(moveKernels, "Transpose", { x: info }, { perm }), axes: wanted };
  }

  multiply(a: Term, b: Term, wanted: readonly string[]): Term {
    const both = a.axes.filter((axis) => b.axes.includes(axis));
    const batch = both.filter((axis) => wanted.includes(axis));
    const inner = both.filter((axis) => !wanted.includes(axis));
    const [rows, columns] = [a, b].map(({ axes }) => axes.filter((axis) => !both.includes(axis))) as [string[], string[]];
    const [left, transposeA] = this.matrices(a, batch, rows, inner);
    const [right, transposeB] = this.matrices(b, batch, inner, columns);
    const product = this.run(matMulKernels, "BatchMatMul", { a: left, b: right }, { transposeA, transposeB });
    const axes = [...batch, ...rows, ...columns];
    const size = (axis: string): number => [a, b].map((term) => term.info.shape[term.axes.indexOf(axis)]).find(Boolean) ?? 1;
    return { info: this.keep(this.backend.alias(product, axes.map(size))), axes };
  }

  /** A tensor as [batch, first, second], or with those turned where that saves a copy. */
  private matrices(
    term: Term,
    batch: readonly string[],
    first: readonly string[],
    second: readonly string[],
  ): [TensorInfo, boolean] {
    const turned = term.axes.join("") === [...batch, ...second, ...first].join("");
    const groups = turned ? [batch, second, first] : [batch, first, second];
    const { info, axes } = this.order(term, groups.flat());
    const shape = groups.map((group) => sizeOf(group.map((axis) => info.shape[axes.indexOf(axis)] ?? 1)));
    return [this.keep(this.backend.alias(info, shape)), turned];
  }

  private run(table: BaseKernels, kernel: string, inputs: KernelInputs, attrs: KernelAttrs): TensorInfo {
    const made = table[kernel]?.(inputs, attrs, this.backend) as TensorInfo | undefined;
    if (!made) throw new Error(`einsum: the kernel ${kernel} does not serve ${JSON.stringify(attrs)}`);
    return this.keep(made);
  }

  private keep(info: TensorInfo): TensorInfo {
    this.made.push(info);
    return info;
  }

  /** The result, which stays. */
  end(result: TensorInfo): TensorInfo {
    const out = this.backend.alias(result, result.shape);
    for (const { dataId } of this.made) this.backend.disposeData(dataId);
    return out;
  }
}
