/** Bytes of WebAssembly code. */
export type Code = readonly number[];

/** One exported function: its parameters are all i32 and come first among the locals, then more i32, then v128. */
export interface WasmFunction {
  readonly name: string;
  readonly params: number;
  readonly integers: number;
  readonly vectors: number;
  readonly body: Code;
}

/** A whole number in LEB128, as WebAssembly writes sizes and indices. */
export function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value % 128) + 128, ...unsigned(Math.floor(value / 128))];
}

/** A signed number in LEB128, as WebAssembly writes constants. */
export function signed(value: number): Code {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}

const i32 = 0x7f;
const v128 = 0x7b;

/** The bytes of a module of these functions over the memory that it imports as `env.memory`. */
export function encodeModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ params }) => [0x60, ...list(Array.from({ length: params }, () => [i32])), 0]);
  const memory = [...text("env"), ...text("memory"), 2, 0, 1];
  const bodies = functions.map(({ integers, vectors, body }) => {
    const locals = list([
      [...unsigned(integers), i32],
      [...unsigned(vectors), v128],
    ]);
    return sized([...locals, ...body, 0x0b]);
  });
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(2, list([memory])),
    ...section(3, list(functions.map((_, i) => unsigned(i)))),
    ...section(7, list(functions.map(({ name }, i) => [...text(name), 0, ...unsigned(i)]))),
    ...section(10, list(bodies)),
  ]);
}

function section(id: number, content: Code): Code {
  return [id, ...sized(content)];
}

function sized(content: Code): Code {
  return [...unsigned(content.length), ...content];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(name: string): Code {
  return sized([...name].map((letter) => letter.charCodeAt(0)));
}
