/** A number in [0,1] as 8 bits: clamped, times 255, rounded half up. NaN gives 0. */
export function toByte(value: number): number {
  return value > 0 ? Math.floor(Math.min(value, 1) * 255 + 0.5) : 0;
}
