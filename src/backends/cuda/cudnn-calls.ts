import { declare } from "./ffi.js";
import type { Library } from "./ffi.js";

const declarations = {
  cudnnGetVersion: "size_t cudnnGetVersion()",
  cudnnGetCudartVersion: "size_t cudnnGetCudartVersion()",
  cudnnGetLastErrorString: "void cudnnGetLastErrorString(void *text, size_t bytes)",
  cudnnCreate: "int cudnnCreate(void *handle)",
  cudnnDestroy: "int cudnnDestroy(uint64_t handle)",
  cudnnSetStream: "int cudnnSetStream(uint64_t handle, uint64_t stream)",
  cudnnBackendCreateDescriptor: "int cudnnBackendCreateDescriptor(int type, void *descriptor)",
  cudnnBackendDestroyDescriptor: "int cudnnBackendDestroyDescriptor(uint64_t descriptor)",
  cudnnBackendSetAttribute:
    "int cudnnBackendSetAttribute(uint64_t descriptor, int attribute, int type, int64_t count, void *values)",
  cudnnBackendGetAttribute:
    "int cudnnBackendGetAttribute(uint64_t descriptor, int attribute, int type, int64_t wanted, void *count, void *values)",
  cudnnBackendFinalize: "int cudnnBackendFinalize(uint64_t descriptor)",
  cudnnBackendExecute: "int cudnnBackendExecute(uint64_t handle, uint64_t plan, uint64_t pack)",
} as const;

/** Numbers of cudnn_graph.h: kinds of descriptors, and types of their attributes. */
export const kinds = {
  pointwise: 0, heuristics: 4, engineConfig: 3, plan: 5, pointwiseOperation: 13, graph: 15, pack: 16, tensor: 17, product: 18,
  productOperation: 19, reduction: 21, reductionOperation: 22, view: 31, device: 38, attention: 41,
} as const; // prettier-ignore
export const types = {
  handle: 0, dataType: 1, boolean: 2, int64: 3, pointer: 6, mode: 8, pointwise: 14, descriptor: 15, reduction: 18, char: 24,
} as const; // prettier-ignore

/** Anything of the library's own. */
export type Descriptor = number;

/** What cuDNN refused. */
export class CudnnError extends Error {
  constructor(what: string, reason: string) {
    super(reason === "" ? `cuda: ${what}` : `cuda: ${what}: ${reason}`);
    this.name = "CudnnError";
  }
}

/** The library's version, e.g. 92400 for 9.24.0, and the first number of the CUDA that it was made for. */
export function cudnnVersion(library: Library): { readonly version: number; readonly cuda: number } {
  const { cudnnGetVersion, cudnnGetCudartVersion } = declarations;
  const f = declare(library, { cudnnGetVersion, cudnnGetCudartVersion });
  return { version: f.cudnnGetVersion(), cuda: Math.floor(f.cudnnGetCudartVersion() / 1000) };
}

export type Attribute = readonly [attribute: number, type: number, values: ArrayBufferView];

/** The functions, with what fails as an error, and all descriptors that were made. */
export class Calls {
  readonly f: Record<keyof typeof declarations, (...args: unknown[]) => number>;
  private readonly handle = new BigUint64Array(1);
  private readonly descriptors: Descriptor[] = [];

  constructor(library: Library) {
    this.f = declare(library, declarations);
  }

  check(call: string, code: number): void {
    if (code !== 0) throw new CudnnError(`${call} failed with code ${code}`, this.complaint());
  }

  /** The library's words for the first thing that did not fit of late; what follows in them tells where that was noticed. */
  complaint(): string {
    const text = Buffer.alloc(4096);
    this.f.cudnnGetLastErrorString(text, text.length);
    const lines = text.subarray(0, text.indexOf(0)).toString().trim().split("\n");
    return lines.find((line) => line.includes("Reason: "))?.split("Reason: ")[1] ?? lines[0] ?? "";
  }

  make(call: "cudnnCreate" | "cudnnBackendCreateDescriptor", ...args: unknown[]): number {
    this.handle[0] = 0n;
    this.check(call, this.f[call](...args, this.handle));
    return Number(this.handle[0]);
  }

  /** A finished descriptor. */
  described(kind: number, attributes: readonly Attribute[], keep = true): Descriptor {
    const made = this.make("cudnnBackendCreateDescriptor", kind);
    if (keep) this.descriptors.push(made);
    for (const [attribute, type, values] of attributes) {
      const code = this.f.cudnnBackendSetAttribute(made, attribute, type, values.byteLength / bytesOf(type), values);
      this.check("cudnnBackendSetAttribute", code);
    }
    this.check("cudnnBackendFinalize", this.f.cudnnBackendFinalize(made));
    return made;
  }

  drop(descriptor: Descriptor): void {
    this.f.cudnnBackendDestroyDescriptor(descriptor);
  }

  /** Descriptors of a kind that another one gives: as many as it has. */
  given(from: Descriptor, attribute: number, kind: number): Descriptor[] {
    const count = new BigInt64Array(1);
    this.check("cudnnBackendGetAttribute", this.f.cudnnBackendGetAttribute(from, attribute, types.descriptor, 0, count, null));
    const made = Array.from({ length: Number(count[0]) }, () => this.make("cudnnBackendCreateDescriptor", kind));
    this.descriptors.push(...made);
    if (made.length === 0) return [];
    const code = this.f.cudnnBackendGetAttribute(from, attribute, types.descriptor, made.length, count, list(made));
    this.check("cudnnBackendGetAttribute", code);
    // Of those that it counted some may not be able to do it.
    return made.slice(0, Number(count[0]));
  }

  wholeNumber(from: Descriptor, attribute: number): number {
    const [count, value] = [new BigInt64Array(1), new BigInt64Array(1)];
    this.check("cudnnBackendGetAttribute", this.f.cudnnBackendGetAttribute(from, attribute, types.int64, 1, count, value));
    return Number(value[0]);
  }

  close(): void {
    for (const descriptor of this.descriptors.splice(0).reverse()) this.drop(descriptor);
  }
}

function bytesOf(type: number): number {
  if (type === types.char || type === types.boolean) return 1;
  return enumerations.has(type) ? 4 : 8;
}
const enumerations: ReadonlySet<number> = new Set([types.dataType, types.mode, types.pointwise, types.reduction]);

export const list = (descriptors: readonly Descriptor[]): BigUint64Array => BigUint64Array.from(descriptors, BigInt);
