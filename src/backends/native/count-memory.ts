import type { NativeAddon } from "./addon.js";

/** The addon with its memory counted from now on. `peak` is the most bytes that were held at once, free blocks of pools included. */
export function countMemory(addon: NativeAddon): { readonly addon: NativeAddon; peak(): number } {
  let held = 0;
  let peak = 0;
  // What nobody gives back, such as a program's arena, the garbage collector frees.
  const collected = new FinalizationRegistry<number>((bytes) => (held -= bytes));
  return {
    addon: {
      ...addon,
      allocate(bytes) {
        const buffer = addon.allocate(bytes);
        collected.register(buffer, bytes, buffer);
        held += bytes;
        peak = Math.max(peak, held);
        return buffer;
      },
      release(buffer) {
        if (collected.unregister(buffer)) held -= buffer.byteLength;
        addon.release(buffer);
      },
    },
    peak: () => peak,
  };
}
