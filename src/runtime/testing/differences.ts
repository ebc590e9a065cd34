/**
 * Where two plain values differ, as `path: a, b`, at most five; numbers by more than `tolerance` of the larger one. Typed arrays count as
 * lists, maps as objects.
 */
export function differences(a: unknown, b: unknown, tolerance: number): string[] {
  const found: string[] = [];
  const compare = (left: unknown, right: unknown, path: string): void => {
    if (found.length >= 5) return;
    if (typeof left === "number" && typeof right === "number") {
      const far = Math.abs(left - right) > tolerance * Math.max(1e-3, Math.abs(left), Math.abs(right));
      if (far || Number.isNaN(left) !== Number.isNaN(right)) found.push(`${path || "value"}: ${left} and ${right}`);
      return;
    }
    const [x, y] = [partsOf(left), partsOf(right)];
    if (x && y && x.size === y.size)
      for (const [key, value] of x) compare(value, y.get(key), path === "" ? key : `${path}.${key}`);
    else if (x || y || !Object.is(left, right)) found.push(`${path || "value"}: ${show(left)} and ${show(right)}`);
  };
  compare(a, b, "");
  return found;
}

function partsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (value instanceof Map) return new Map([...value].map(([key, part]) => [String(key), part as unknown]));
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)) : undefined;
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value)?.slice(0, 60) ?? "a function");
}
