import type { CallRecording, Piece, Place } from "./recorder.js";

/**
 * What two recordings of successive steps do differently, in words; undefined where they do the same. What differs would be frozen by
 * a program: a number worked out in JavaScript from the step, or work that depends on the data.
 */
export function differenceOf(first: CallRecording, second: CallRecording): string | undefined {
  const [a, b] = [first.recorder.calls, second.recorder.calls];
  const pairs = new Map<Piece, Piece>();
  const parting = a.findIndex(({ kernel }, i) => b[i]?.kernel !== kernel);
  if (parting >= 0 && parting < b.length)
    return `call ${parting} is ${a[parting]?.kernel} in one step and ${b[parting]?.kernel} in the next`;
  if (a.length !== b.length) return `one step makes ${a.length} calls and the next ${b.length}`;
  for (const [i, call] of a.entries()) {
    const other = b[i];
    if (!other) continue;
    const at = `call ${i}, ${call.kernel},`;
    if (call.places.length !== other.places.length || call.numbers.length !== other.numbers.length)
      return `${at} has other arguments in the next step`;
    for (const [k, number] of call.numbers.entries()) {
      const next = other.numbers[k];
      const same = typeof number === "number" ? Object.is(number, next) : typeof next === "function";
      if (!same) return `${at} is given ${String(number)} in one step and ${String(next)} in the next`;
    }
    for (const [k, place] of call.places.entries()) {
      const problem = unlike(place, other.places[k] ?? null, pairs);
      if (problem) return `${at} ${problem}`;
    }
  }
  for (const [i, { place }] of first.results.entries()) {
    const problem = unlike(place, second.results[i]?.place ?? null, pairs);
    if (problem) return `result ${i} ${problem}`;
  }
  return undefined;
}

function unlike(a: Place | null, b: Place | null, pairs: Map<Piece, Piece>): string | undefined {
  if (a === null || b === null) return a === b ? undefined : "leaves an array out in one step only";
  const size = a.offset === b.offset && a.length === b.length && a.array.byteLength === b.array.byteLength;
  if (!size || a.piece.kind !== b.piece.kind) return "works on other memory in the next step";
  const known = pairs.get(a.piece);
  if (known) return known === b.piece ? undefined : "works on other memory in the next step";
  pairs.set(a.piece, b.piece);
  if (a.piece.kind === "outside" && a.piece.buffer !== b.piece.buffer) return "reads a tensor of the step before";
  if (a.piece.kind === "constant" && !sameBytes(a.piece.contents, b.piece.contents))
    return "reads numbers that JavaScript works out anew in each step";
  return undefined;
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return Buffer.compare(a ?? new Uint8Array(), b ?? new Uint8Array()) === 0;
}
