/** Protocol buffer wire format, as much of it as event files need. Each function gives the bytes of one field. */
const text = new TextEncoder();

/** Wire type 1: a double. */
export function doubleField(field: number, value: number): Uint8Array {
  return fixed(field, 1, 8, (view, at) => view.setFloat64(at, value, true));
}

/** Wire type 5: a float. */
export function floatField(field: number, value: number): Uint8Array {
  return fixed(field, 5, 4, (view, at) => view.setFloat32(at, value, true));
}

/** Wire type 0: a whole number of at least 0. */
export function intField(field: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(field << 3), ...varint(value)]);
}

/** Wire type 2: bytes, a text or a message. */
export function bytesField(field: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? text.encode(value) : value;
  return concat([Uint8Array.from([...varint((field << 3) | 2), ...varint(bytes.length)]), bytes]);
}

/** Fields one after the other: a message. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Seven bits a byte, lowest first; exact up to 2^53. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

function fixed(field: number, wire: number, size: number, set: (view: DataView, at: number) => void): Uint8Array {
  const tag = varint((field << 3) | wire);
  const bytes = new Uint8Array(tag.length + size);
  bytes.set(tag);
  set(new DataView(bytes.buffer), tag.length);
  return bytes;
}
