/** Eight-bit floats (OCP 8-bit floating point specification): E4M3 has no infinity and one NaN per sign, E5M2 is a short half. */
const formats = {
  E4M3: { fraction: 3, bias: 7 },
  E5M2: { fraction: 2, bias: 15 },
} as const;

/** Numbers from eight-bit floats. */
export function fromFloat8(bits: Uint8Array, format: keyof typeof formats): Float32Array<ArrayBuffer> {
  const table = Array.from({ length: 256 }, (_, byte) => fromByte(byte, format));
  return Float32Array.from(bits, (byte) => table[byte] ?? 0);
}

function fromByte(byte: number, format: keyof typeof formats): number {
  const { fraction: width, bias } = formats[format];
  const sign = byte & 0x80 ? -1 : 1;
  const exponent = (byte & 0x7f) >> width;
  const fraction = byte & ((1 << width) - 1);
  if (format === "E4M3" && (byte & 0x7f) === 0x7f) return NaN;
  if (format === "E5M2" && exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  const steps = exponent === 0 ? fraction : fraction + (1 << width);
  return sign * steps * 2 ** (Math.max(exponent, 1) - bias - width);
}
