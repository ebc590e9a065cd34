import { grouped } from "../text.js";

/** A number for people: about four digits, e.g. `0.6312`, `27.14`, `1.2e-5`, `12,345`. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1000) return grouped(value);
  if (size !== 0 && size < 0.001) return trim(value.toExponential(2));
  return String(Number(value.toPrecision(4)));
}

/** A length of time: `3.2s`, `1m12s`, `2h05m`. */
export function shortTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 10) return `${Number(seconds.toPrecision(2))}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** 1.20e-5 -> 1.2e-5 */
function trim(text: string): string {
  return text.replace(/\.?0+e/, "e");
}
