import { declare } from "./ffi.js";
import type { Library } from "./ffi.js";
import type { Product } from "./issue.js";

const declarations = {
  cublasLtGetVersion: "size_t cublasLtGetVersion()",
  cublasLtCreate: "int cublasLtCreate(void *handle)",
  cublasLtDestroy: "int cublasLtDestroy(uint64_t handle)",
  cublasLtMatmulDescCreate: "int cublasLtMatmulDescCreate(void *description, int compute, int scale)",
  cublasLtMatmulDescSetAttribute:
    "int cublasLtMatmulDescSetAttribute(uint64_t description, int attribute, void *value, size_t size)",
  cublasLtMatrixLayoutCreate:
    "int cublasLtMatrixLayoutCreate(void *layout, int type, uint64_t rows, uint64_t columns, int64_t ld)",
  cublasLtMatrixLayoutSetAttribute:
    "int cublasLtMatrixLayoutSetAttribute(uint64_t layout, int attribute, void *value, size_t size)",
  cublasLtMatmulPreferenceCreate: "int cublasLtMatmulPreferenceCreate(void *preference)",
  cublasLtMatmulPreferenceSetAttribute:
    "int cublasLtMatmulPreferenceSetAttribute(uint64_t preference, int attribute, void *value, size_t size)",
  cublasLtMatmulAlgoGetHeuristic:
    "int cublasLtMatmulAlgoGetHeuristic(uint64_t handle, uint64_t description, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t preference, int wanted, void *results, void *found)",
  cublasLtMatmul:
    "int cublasLtMatmul(uint64_t handle, uint64_t description, void *alpha, uint64_t a, uint64_t layoutA, uint64_t b, uint64_t layoutB, void *beta, uint64_t c, uint64_t layoutC, uint64_t d, uint64_t layoutD, void *algorithm, uint64_t workspace, size_t bytes, uint64_t stream)",
} as const;

/** Numbers of cublasLt.h and library_types.h. */
const types = { float: 0, bf16: 14 } as const;
const float32Arithmetic = 68;
const description = { transposeA: 3, transposeB: 4, epilogue: 7, biasPointer: 8, biasType: 26 } as const;
const layout = { batch: 5, stride: 6 } as const;
const maxWorkspace = 1;
const epilogues = { none: 1, bias: 4, gelu: 32, relu: 2 } as const;
/** Bytes of a heuristic's result: 64 of the algorithm, its workspace, status, waves, reserve. */
const resultBytes = 96;

/** The activations of shared/kernels/mat-mul.ts that an epilogue knows: none, GELU by tanh, ReLU. */
const known: Readonly<Record<number, number>> = { 0: 0, 2: epilogues.gelu, 4: epilogues.relu };

/** A way to do products of one shape and type. */
export interface Plan {
  /** What the library offers, its favourite first: 64 bytes each, and the workspace that it needs. */
  readonly algorithms: readonly { readonly code: Uint8Array; readonly workspace: number }[];
  /** True where the activation is part of the product. */
  readonly activates: boolean;
  run(product: Product, algorithm: number, workspace: number, workspaceBytes: number, stream: number): void;
}

/** NVIDIA's matrix products. */
export interface CublasLt {
  /** Undefined where the library does not take such a product. */
  plan(product: Product, workspaceBytes: number): Plan | undefined;
  close(): void;
}

/** The library's version, e.g. 130101 for 13.1.1. */
export function cublasLtVersion(library: Library): number {
  return declare(library, { cublasLtGetVersion: declarations.cublasLtGetVersion }).cublasLtGetVersion();
}

/** The library on the device whose context is current. Throws where it cannot start. */
export function openCublasLt(library: Library): CublasLt {
  const f = declare(library, declarations);
  const handle = new BigUint64Array(1);
  const check = (name: keyof typeof declarations, code: number): void => {
    if (code !== 0) throw new Error(`cuda: ${name} failed with code ${code}`);
  };
  const make = (name: keyof typeof declarations, ...args: unknown[]): number => {
    handle[0] = 0n;
    check(name, f[name](handle, ...args));
    return Number(handle[0]);
  };
  const lt = make("cublasLtCreate");
  const [one, zero] = [Float32Array.of(1), Float32Array.of(0)];

  return {
    plan(p, workspaceBytes) {
      const { a, b, c, bias } = p;
      // Both operands of one type; a product of bf16 may give float32, not the other way.
      if (a.half !== b.half || (c.half && !a.half) || (bias?.half && !c.half)) return undefined;
      const describe = make("cublasLtMatmulDescCreate", float32Arithmetic, types.float);
      const set = (attribute: number, value: ArrayBufferView): void =>
        check("cublasLtMatmulDescSetAttribute", f.cublasLtMatmulDescSetAttribute(describe, attribute, value, value.byteLength));
      // The library counts columns first, so it is asked for the transpose: cᵀ = op(b)ᵀ·op(a)ᵀ, its first operand being our b.
      set(description.transposeA, Int32Array.of(Number(p.transposeB)));
      set(description.transposeB, Int32Array.of(Number(p.transposeA)));
      const activates = known[p.activation] !== undefined;
      const epilogue = (bias ? epilogues.bias : 0) | (known[p.activation] ?? 0);
      set(description.epilogue, Int32Array.of(epilogue === 0 ? epilogues.none : epilogue));
      if (bias) {
        set(description.biasType, Int32Array.of(bias.half ? types.bf16 : types.float));
        set(description.biasPointer, BigUint64Array.of(BigInt(bias.address)));
      }
      const matrix = (half: boolean, rows: number, columns: number, stride: number): number => {
        const made = make("cublasLtMatrixLayoutCreate", half ? types.bf16 : types.float, rows, columns, rows);
        if (p.batch > 1) {
          for (const [attribute, value] of [
            [layout.batch, Int32Array.of(p.batch)],
            [layout.stride, BigInt64Array.of(BigInt(stride))],
          ] as const)
            check(
              "cublasLtMatrixLayoutSetAttribute",
              f.cublasLtMatrixLayoutSetAttribute(made, attribute, value, value.byteLength),
            );
        }
        return made;
      };
      const first = p.transposeB ? matrix(b.half, p.k, p.n, p.strideB) : matrix(b.half, p.n, p.k, p.strideB);
      const second = p.transposeA ? matrix(a.half, p.m, p.k, p.strideA) : matrix(a.half, p.k, p.m, p.strideA);
      const result = matrix(c.half, p.n, p.m, p.m * p.n);
      const preference = make("cublasLtMatmulPreferenceCreate");
      const limit = BigUint64Array.of(BigInt(workspaceBytes));
      check("cublasLtMatmulPreferenceSetAttribute", f.cublasLtMatmulPreferenceSetAttribute(preference, maxWorkspace, limit, 8));
      const results = new Uint8Array(8 * resultBytes);
      const found = new Int32Array(1);
      const code = f.cublasLtMatmulAlgoGetHeuristic(lt, describe, first, second, result, result, preference, 8, results, found);
      if (code !== 0 || (found[0] ?? 0) === 0) return undefined;
      const view = new DataView(results.buffer);
      const offered = Array.from({ length: found[0] ?? 0 }, (_, i) => i * resultBytes).filter(
        (at) => view.getInt32(at + 72, true) === 0,
      );
      if (offered.length === 0) return undefined;
      const algorithms = offered.map((at) => ({
        code: results.slice(at, at + 64),
        workspace: Number(view.getBigUint64(at + 64, true)),
      }));
      const biasPointer = new BigUint64Array(1);
      return {
        algorithms,
        activates,
        run(product, algorithm, workspace, bytes, stream) {
          if (product.bias) {
            biasPointer[0] = BigInt(product.bias.address);
            set(description.biasPointer, biasPointer);
          }
          const chosen = algorithms[algorithm]?.code ?? new Uint8Array(64);
          const operands = [product.b.address, first, product.a.address, second] as const;
          const to = product.c.address;
          check(
            "cublasLtMatmul",
            f.cublasLtMatmul(lt, describe, one, ...operands, zero, to, result, to, result, chosen, workspace, bytes, stream),
          );
        },
      };
    },
    close: () => void f.cublasLtDestroy(lt),
  };
}

/** What decides on a plan. */
export function planKey(p: Product): string {
  const { a, b, c, bias } = p;
  const flags = [a.half, b.half, c.half, bias !== null, bias?.half ?? false, p.transposeA, p.transposeB].map(Number);
  return [p.batch, p.m, p.n, p.k, p.strideA, p.strideB, p.activation, ...flags].join();
}
