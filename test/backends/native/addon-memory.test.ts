import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";

import { withAddon } from "./with-addon.js";

describe("memory of the native addon", () => {
  withAddon((addon) => {
    test("arrays of all sizes keep their contents while others come and go", async () => {
      const held: { readonly view: Int32Array; readonly mark: number }[] = [];
      const lost: number[] = [];
      let seed = 1;
      const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
      const touched = ({ length }: Int32Array): number[] =>
        Array.from({ length: Math.ceil(length / 64) }, (_, i) => 64 * i).concat(length - 1);
      const check = ({ view, mark }: (typeof held)[number]): boolean => touched(view).every((at) => view[at] === mark);
      for (let mark = 1; mark <= 1500; mark++) {
        // From a few bytes to 20 MB: less than a page, a part of a region, a region of its own.
        const view = new Int32Array(addon.allocate(4 * Math.ceil(Math.exp(random() * Math.log(5e6)))));
        for (const at of touched(view)) view[at] = mark;
        held.push({ view, mark });
        while (held.length > 40) {
          const [gone] = held.splice(Math.floor(random() * held.length), 1);
          if (!gone) break;
          if (!check(gone)) lost.push(gone.mark);
          addon.release(gone.view.buffer as ArrayBuffer);
        }
        await setImmediate();
      }
      for (const one of held) if (!check(one)) lost.push(one.mark);
      expect(lost).toEqual([]);
    });

    test("what is given back is used again, and its neighbours are one piece with it", async () => {
      const resident = (): number => process.memoryUsage.rss();
      const round = async (bytes: number): Promise<void> => {
        const buffers = Array.from({ length: Math.floor(200e6 / bytes) }, () => addon.allocate(bytes));
        for (const buffer of buffers) new Uint8Array(buffer).fill(1);
        for (const buffer of buffers) addon.release(buffer);
        // Node frees the memory of a detached buffer in its event loop.
        await setImmediate();
      };
      await round(1e6);
      const before = resident();
      // Each round needs longer pieces than the one before left behind.
      for (const bytes of [2e5, 1e6, 3e6, 9e6, 15e6, 3e5]) await round(bytes);
      expect(resident() - before).toBeLessThan(100e6);
    });
  });
});
