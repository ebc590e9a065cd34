/** A memory that WebAssembly's code and JavaScript share. */
export interface Memory {
  readonly buffer: ArrayBuffer;
}

/** What is used of WebAssembly; TypeScript has its types among those of browsers only, which the rest of the code must not see. */
interface Engine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => Memory;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

export const engine = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly;
