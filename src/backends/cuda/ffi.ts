import type * as Koffi from "koffi";

/** The library that calls C functions; it brings its own binary for each platform. */
export type Ffi = typeof Koffi;
export type Library = Koffi.LibraryHandle;
/** A C function. Handles and addresses go in and out as numbers: those of CUDA lie below 2^53. */
export type NativeFunction = (...args: unknown[]) => number;

/** Loads koffi; undefined where it is not installed for this platform. */
export async function loadFfi(): Promise<Ffi | undefined> {
  try {
    const module = await import("koffi");
    return module.default as unknown as Ffi;
  } catch {
    return undefined;
  }
}

/** The first of these paths that loads as a library; the loader's last complaint where none does. */
export function loadFirst(ffi: Ffi, paths: readonly string[]): { readonly library: Library; readonly path: string } | string {
  let complaint = "not found";
  for (const path of paths) {
    try {
      return { library: ffi.load(path), path };
    } catch (error) {
      complaint = error instanceof Error ? error.message : String(error);
    }
  }
  return complaint;
}

/** Functions by their C declarations, each found when it is first called. */
export function declare<N extends string>(
  library: Library,
  declarations: Readonly<Record<N, string>>,
): Record<N, NativeFunction> {
  const made = {} as Record<N, NativeFunction>;
  for (const name of Object.keys(declarations) as N[]) {
    let found: NativeFunction | undefined;
    made[name] = (...args) => (found ??= library.func(declarations[name]) as unknown as NativeFunction)(...args);
  }
  return made;
}

/** Where a typed array lies; it must be kept alive while that is used. */
export function addressOf(ffi: Ffi, array: ArrayBufferView): number {
  return Number(ffi.address(array));
}

/** Memory at an address, seen as an array buffer. */
export function viewAt(ffi: Ffi, address: number, bytes: number): ArrayBuffer {
  return ffi.view(BigInt(address), bytes);
}
