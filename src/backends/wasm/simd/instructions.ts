import { signed, unsigned } from "./encode.js";
import type { Code } from "./encode.js";

/** Instructions as functions: each takes the code of its operands, which then stand before it, as a stack machine wants. */
export const get = (local: number): Code => [0x20, ...unsigned(local)];
/** Gives a local a new value. */
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
/** A whole number, 32 bits. */
export const constant = (value: number): Code => [0x41, ...signed(value)];
/** a + b, 32 bits. */
export const plus = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
/** a · b, 32 bits. */
export const times = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
/** 1 where a > b as signed numbers. */
export const above = (a: Code, b: Code): Code => [...a, ...b, 0x4a];
/** a where the condition holds, else b. */
export const choose = (condition: Code, a: Code, b: Code): Code => [...a, ...b, ...condition, 0x1b];
/** local += step. */
export const advance = (local: number, step: Code): Code => set(local, plus(get(local), step));

/** Runs the body again and again while the condition, computed after it, holds. */
export const repeat = (body: readonly Code[], condition: Code): Code => [0x03, 0x40, ...body.flat(), ...condition, 0x0d, 0, 0x0b];
/** Runs the body only where the condition holds, else the other. */
export const when = (condition: Code, body: readonly Code[], otherwise: readonly Code[] = []): Code => [
  ...condition,
  0x04,
  0x40,
  ...body.flat(),
  ...(otherwise.length > 0 ? [0x05, ...otherwise.flat()] : []),
  0x0b,
];

/** Four numbers at an address, plus an offset in bytes. */
export const load = (address: Code, offset = 0): Code => [...address, 0xfd, 0x00, 2, ...unsigned(offset)];
/** One number at an address, four times. */
export const loadSplat = (address: Code, offset = 0): Code => [...address, 0xfd, 0x09, 2, ...unsigned(offset)];
/** Writes four numbers to an address. */
export const store = (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0xfd, 0x0b, 2, ...unsigned(offset)];
/** a + b, four at once. */
export const add = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xe4, 0x01];
/** a · b, four at once. */
export const multiply = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xe6, 0x01];
/** Four zeros. */
export const zeros: Code = [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0)];
