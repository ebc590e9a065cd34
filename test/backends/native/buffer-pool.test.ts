import { describe, expect, test } from "@jest/globals";

import { makeBufferPool } from "../../../src/backends/native/buffer-pool.js";
import { sizeClass } from "../../../src/backends/shared/size-class.js";

describe("buffer pool", () => {
  const pool = (): ReturnType<typeof makeBufferPool> =>
    makeBufferPool(
      (bytes) => new ArrayBuffer(bytes),
      () => undefined,
    );

  test("gives a returned block to the next request of its size", () => {
    const p = pool();
    const first = p.take(1000);
    p.give(first);
    expect(p.take(990)).toBe(first);
  });

  test("never gives one block to two holders", () => {
    const p = pool();
    expect(p.take(1000)).not.toBe(p.take(1000));
  });

  test("ignores a second return and a block that is not its own", () => {
    const p = pool();
    const block = p.take(300);
    p.give(block);
    p.give(block);
    p.give(new ArrayBuffer(sizeClass(300)));
    expect(p.take(300)).toBe(block);
    expect(p.take(300)).not.toBe(block);
  });

  test("gives its free blocks, and only those, back to the system", () => {
    const released: ArrayBuffer[] = [];
    const p = makeBufferPool(
      (bytes) => new ArrayBuffer(bytes),
      (buffer) => released.push(buffer),
    );
    const [kept, free] = [p.take(1000), p.take(1000)];
    p.give(free);
    p.clear();
    expect(released).toEqual([free]);
    expect(p.owns(kept)).toBe(true);
    expect(p.take(1000)).not.toBe(free);
  });

  test("a disowned block does not come back", () => {
    const p = pool();
    const block = p.take(300);
    p.disown(block);
    p.give(block);
    expect(p.take(300)).not.toBe(block);
  });

  test("rounds up by a quarter at most", () => {
    for (const bytes of [257, 1000, 1025, 65537, 3 * 2 ** 20 + 1]) {
      expect(sizeClass(bytes)).toBeGreaterThanOrEqual(bytes);
      expect(sizeClass(bytes)).toBeLessThanOrEqual(bytes * 1.26);
    }
    expect(sizeClass(1024)).toBe(1024);
    expect(sizeClass(1025)).toBe(1280);
  });
});
