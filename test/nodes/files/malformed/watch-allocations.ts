const kinds = [
  "ArrayBuffer",
  "Uint8Array",
  "Uint16Array",
  "Uint32Array",
  "BigUint64Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
] as const;

/** Sees every block of bytes that any code asks for until it is stopped. */
export interface AllocationWatch {
  /** The largest block since the last call. */
  largest(): number;
  stop(): void;
}

/** Starts to watch, by a proxy in the place of every class that makes blocks. */
export function watchAllocations(): AllocationWatch {
  let largest = 0;
  const own = globalThis as unknown as Record<string, unknown>;
  const before = kinds.map((kind) => own[kind]);
  for (const kind of kinds)
    own[kind] = new Proxy(own[kind] as new (...args: unknown[]) => ArrayBuffer | Uint8Array, {
      construct(target, args: unknown[], asked): object {
        const made = Reflect.construct(target, args, asked as new () => object) as ArrayBuffer | Uint8Array;
        if (!isBuffer(args[0])) largest = Math.max(largest, made.byteLength);
        return made;
      },
    });
  return {
    largest() {
      const found = largest;
      largest = 0;
      return found;
    },
    stop: () => kinds.forEach((kind, i) => (own[kind] = before[i])),
  };
}

/** A view of a buffer that is there takes nothing; a copy of another array does. */
function isBuffer(given: unknown): boolean {
  return typeof given === "object" && given !== null && "byteLength" in given && !ArrayBuffer.isView(given);
}
