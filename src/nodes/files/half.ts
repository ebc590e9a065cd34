/** A number from IEEE 754 half precision: 1 sign, 5 exponent and 10 fraction bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

let table: Float32Array | undefined;

/** Numbers from half precision, many at once: every one of the 65,536 is worked out once and then looked up. */
export function fromHalves(bits: Uint16Array): Float32Array<ArrayBuffer> {
  table ??= Float32Array.from({ length: 1 << 16 }, (_, i) => fromHalf(i));
  const out = new Float32Array(bits.length);
  for (let i = 0; i < out.length; i++) out[i] = table[bits[i] ?? 0] ?? 0;
  return out;
}

/** The nearest half-precision number, ties to the even one; beyond 65504 infinity. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const power = Math.floor(Math.log2(size));
  // The logarithm of a number just below a power of two may be rounded up to it.
  const exponent = Math.max(-14, size < 2 ** power ? power - 1 : power);
  // Steps of the fraction at this exponent; a fraction rounded up to 2048 carries into the exponent by itself.
  const steps = roundToEven(size / 2 ** (exponent - 10));
  return sign | (steps < 1024 ? steps : ((exponent + 14) << 10) + steps);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
