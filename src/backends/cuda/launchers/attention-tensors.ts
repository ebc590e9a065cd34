import type { LaunchArgument } from "../gpu.js";
import { packed } from "../numbers.js";
import type { DeviceNumbers } from "../numbers.js";

/** q, k, v beside each other [B,N,3D], each head after head; a head is d wide. Tables [N,d] turn q and k where they are given. */
export interface Heads {
  readonly qkv: DeviceNumbers;
  readonly cos: DeviceNumbers | null;
  readonly sin: DeviceNumbers | null;
  readonly B: number;
  readonly N: number;
  readonly D: number;
  readonly heads: number;
  readonly d: number;
  /** Whether products may be in bf16. */
  readonly bf16: boolean;
}

export interface Attention extends Heads {
  /** [B,N,D]. */
  readonly y: DeviceNumbers;
}

export interface AttentionGrad extends Heads {
  readonly dqkv: DeviceNumbers;
  readonly dy: DeviceNumbers;
}

/** `Heads` of cu/heads.cu and cu/flash.cu. */
export function headsOf({ B, N, heads, d }: Heads): LaunchArgument {
  return packed([B, N, heads, d]);
}
