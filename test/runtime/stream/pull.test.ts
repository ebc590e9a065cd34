import { expect, test } from "@jest/globals";
import { Subject, tap } from "rxjs";
import type { Observable } from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { credits } from "../../../src/runtime/stream/credits.js";
import { pull } from "../../../src/runtime/stream/pull.js";

function scheduler(): TestScheduler {
  return new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
}

/** Gives the observables one after the other, one per call. */
function inTurn<T>(...items: Observable<T>[]): () => Observable<T> {
  let at = 0;
  return () => items[at++] ?? items[items.length - 1] ?? new Subject<T>();
}

test("starts with depth credits and adds one for each that comes back", () => {
  scheduler().run(({ hot, expectObservable }) => {
    const returned = hot("     ----r--r-|");
    const expected = "         (01)r--r-|";
    expectObservable(credits(2, returned)).toBe(expected, { 0: 0, 1: 1, r: "r" });
  });
});

test("asks for one item per credit, one at a time", () => {
  scheduler().run(({ cold, hot, expectObservable }) => {
    const permits = "   cc---c---|";
    const slow = cold(" --(x|)");
    const expected = "  --x-x--x-|";
    expectObservable(hot(permits).pipe(pull(() => slow))).toBe(expected, { x: { item: "x" } });
  });
});

test("ends at the end of the data and asks no more", () => {
  scheduler().run(({ cold, hot, expectObservable, flush }) => {
    let asked = 0;
    const next = inTurn<string | undefined>(cold("(x|)"), cold("(e|)", { e: undefined }));
    const permits = "   c-c-c-c";
    const expected = "  x-|    ";
    const counted = (): Observable<string | undefined> => next().pipe(tap({ subscribe: () => asked++ }));
    expectObservable(hot(permits).pipe(pull(counted))).toBe(expected, { x: { item: "x" } });
    flush();
    expect(asked).toBe(2);
  });
});

test("gives an error as the last value, behind the items before it", () => {
  scheduler().run(({ cold, hot, expectObservable }) => {
    const next = inTurn(cold("(x|)"), cold<string>("-#", undefined, "torn"));
    const permits = "   c-c-c";
    const expected = "  x--(t|)";
    expectObservable(hot(permits).pipe(pull(next))).toBe(expected, { x: { item: "x" }, t: { error: "torn" } });
  });
});
