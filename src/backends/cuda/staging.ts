import type { Gpu } from "./gpu.js";
import { sizeClass } from "../shared/size-class.js";

/** Memory of the host that the GPU reads and writes by itself. */
export interface Pinned {
  readonly address: number;
  readonly bytes: number;
  readonly view: ArrayBuffer;
}

/** The way between host and device through pinned memory. */
export interface Staging {
  /** Copies bytes to the device, in the stream's order; they may change when it returns. */
  upload(address: number, bytes: Uint8Array): void;
  /** The bytes at a device address, once all work before is done. */
  download(address: number, bytes: number): Promise<Uint8Array>;
  downloadNow(address: number, bytes: number): Uint8Array;
  /** Pinned memory of one's own. */
  pin(bytes: number): Pinned;
  unpin(pinned: Pinned): void;
  close(): void;
}

const ringBytes = 8 * 2 ** 20;

export function makeStaging(gpu: Gpu): Staging {
  const { driver, stream } = gpu;
  const allocate = (bytes: number): Pinned => {
    const address = driver.make("cuMemHostAlloc", bytes, 0);
    return { address, bytes, view: driver.view(address, bytes) };
  };
  const ring = allocate(ringBytes);
  let next = 0;
  const free = new Map<number, Pinned[]>();
  const pin = (bytes: number): Pinned => free.get(sizeClass(bytes))?.pop() ?? allocate(sizeClass(bytes));
  const unpin = (pinned: Pinned): void => void free.set(pinned.bytes, [...(free.get(pinned.bytes) ?? []), pinned]);
  const copyOut = (address: number, bytes: number): Pinned => {
    const pinned = pin(bytes);
    driver.call("cuMemcpyDtoHAsync_v2", pinned.address, address, bytes, stream);
    return pinned;
  };
  const contents = (pinned: Pinned, bytes: number): Uint8Array => {
    const copy = new Uint8Array(pinned.view, 0, bytes).slice();
    unpin(pinned);
    return copy;
  };
  return {
    upload(address, bytes) {
      if (bytes.length === 0) return;
      if (bytes.length > ringBytes / 2) {
        // Pageable memory: the driver has copied it when the call returns.
        driver.call("cuMemcpyHtoDAsync_v2", address, driver.addressOf(bytes), bytes.length, stream);
        return;
      }
      if (next + bytes.length > ringBytes) {
        // What lies at the ring's start must have been taken.
        gpu.sync();
        next = 0;
      }
      new Uint8Array(ring.view, next, bytes.length).set(bytes);
      driver.call("cuMemcpyHtoDAsync_v2", address, ring.address + next, bytes.length, stream);
      next += Math.ceil(bytes.length / 64) * 64;
    },
    async download(address, bytes) {
      if (bytes === 0) return new Uint8Array();
      const pinned = copyOut(address, bytes);
      await gpu.wait();
      return contents(pinned, bytes);
    },
    downloadNow(address, bytes) {
      if (bytes === 0) return new Uint8Array();
      const pinned = copyOut(address, bytes);
      gpu.sync();
      return contents(pinned, bytes);
    },
    pin,
    unpin,
    close() {
      for (const { address } of [ring, ...[...free.values()].flat()]) driver.call("cuMemFreeHost", address);
      free.clear();
    },
  };
}
