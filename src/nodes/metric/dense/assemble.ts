import { engine } from "./engine.js";

/** WebAssembly instructions as bytes. Operands come before what uses them, so an expression is written as nested calls. */
export type Code = readonly number[];

/** A function of whole numbers without a result; its locals follow its parameters, whole numbers before pairs of doubles. */
export interface Routine {
  readonly name: string;
  readonly wholes: number;
  readonly pairs: number;
  readonly body: readonly Code[];
}

/** Parameters of each routine, so that one type serves all. */
const parameters = 5;

export const get = (local: number): Code => [0x20, local];
export const set = (local: number, value: Code): Code => [...value, 0x21, local];
export const constant = (value: number): Code => [0x41, ...signed(value)];
export const plus = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const minus = (a: Code, b: Code): Code => [...a, ...b, 0x6b];

/** Two doubles at an address and a constant distance from it; `splat` takes one double twice. */
export const load = (address: Code, distance = 0): Code => [...address, 0xfd, 0x00, 3, ...unsigned(distance)];
export const splat = (address: Code, distance = 0): Code => [...address, 0xfd, 0x0a, 3, ...unsigned(distance)];
export const store = (address: Code, value: Code, distance = 0): Code => [
  ...address,
  ...value,
  0xfd,
  0x0b,
  3,
  ...unsigned(distance),
];
export const added = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xf0, 0x01];
export const times = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xf2, 0x01];
/** Both sums of two pairs, as a pair. */
export const sums = (a: Code, b: Code): Code => added(shuffled(a, b, 0, 0), shuffled(a, b, 8, 8));

/** Repeats a body, and takes `step` from a local each time, until that is zero; the body runs at least once. */
export const repeat = (local: number, step: number, body: readonly Code[]): Code => [
  0x03,
  0x40,
  ...body.flat(),
  ...set(local, minus(get(local), constant(step))),
  ...get(local),
  0x0d,
  0,
  0x0b,
];

/** A module of routines that work on the memory `room.memory`. */
export function assemble(routines: readonly Routine[]): object {
  const i32 = 0x7f;
  const v128 = 0x7b;
  const code = routines.map(({ wholes, pairs, body }) => sized([2, wholes, i32, pairs, v128, ...body.flat(), 0x0b]));
  return new engine.Module(
    Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [[0x60, parameters, ...Array.from({ length: parameters }, () => i32), 0]]),
      ...section(2, [[...named("room"), ...named("memory"), 2, 0, 0]]),
      ...section(
        3,
        routines.map(() => [0]),
      ),
      ...section(
        7,
        routines.map(({ name }, i) => [...named(name), 0, i]),
      ),
      ...section(10, code),
    ]),
  );
}

/** The doubles at `first` bytes into `a` and at `second` bytes into `b`. */
function shuffled(a: Code, b: Code, first: number, second: number): Code {
  const bytes = (from: number): number[] => Array.from({ length: 8 }, (_, i) => from + i);
  return [...a, ...b, 0xfd, 0x0d, ...bytes(first), ...bytes(16 + second)];
}

function section(id: number, entries: readonly Code[]): Code {
  return [id, ...sized([...unsigned(entries.length), ...entries.flat()])];
}

function sized(bytes: Code): Code {
  return [...unsigned(bytes.length), ...bytes];
}

function named(name: string): Code {
  return sized(Array.from(name, (letter) => letter.charCodeAt(0)));
}

/** LEB128, as WebAssembly writes numbers: seven bits a byte, the lowest first. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
