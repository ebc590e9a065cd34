import type { Held } from "../shared/recorder.js";
import type { Block } from "./allocator.js";
import type { LaunchArgument } from "./gpu.js";

/** How a tensor's numbers are kept: bf16 stands for float32 that no more bits are kept of. */
export type Storage = "f32" | "bf16" | "i32" | "u8";

/** A tensor's memory on the device. */
export interface DeviceNumbers extends Held {
  readonly buffer: Block;
  readonly storage: Storage;
}

export const storageBytes: Readonly<Record<Storage, number>> = { f32: 4, bf16: 2, i32: 4, u8: 1 };

export function numbersIn(buffer: Block, length: number, storage: Storage): DeviceNumbers {
  return { buffer, byteOffset: 0, byteLength: length * storageBytes[storage], length, storage };
}

/** Arguments of kernels. */
export const i32 = (value: number): LaunchArgument => ({ kind: "i32", value });
export const i64 = (value: number): LaunchArgument => ({ kind: "i64", value });
export const f32 = (value: number): LaunchArgument => ({ kind: "f32", value });
export const f64 = (value: number): LaunchArgument => ({ kind: "f64", value });
/** A pointer; null where there is nothing. */
export const pointer = (numbers: DeviceNumbers | null): LaunchArgument =>
  i64(numbers ? numbers.buffer.address + numbers.byteOffset : 0);

/** `Floats` of cu/common.h: a pointer with the type behind it. */
export function floats(numbers: DeviceNumbers | null): LaunchArgument {
  return floatsAt(numbers ? numbers.buffer.address + numbers.byteOffset : 0, numbers?.storage === "bf16");
}

export function floatsAt(address: number, half = false): LaunchArgument {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(address), true);
  view.setBigUint64(8, half ? 1n : 0n, true);
  return { kind: "bytes", value: bytes };
}

/** A struct of ints, then of 64-bit integers. */
export function packed(ints: readonly number[], longs: readonly number[] = []): LaunchArgument {
  const start = longs.length > 0 ? Math.ceil(ints.length / 2) * 8 : ints.length * 4;
  const bytes = new Uint8Array(start + longs.length * 8);
  const view = new DataView(bytes.buffer);
  ints.forEach((value, i) => view.setInt32(4 * i, value, true));
  longs.forEach((value, i) => view.setBigInt64(start + 8 * i, BigInt(value), true));
  return { kind: "bytes", value: bytes };
}
