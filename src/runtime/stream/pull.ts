import { catchError, concatMap, map, of, takeWhile } from "rxjs";
import type { Observable, OperatorFunction } from "rxjs";

/** An item, or the error that came in its place. */
export type Pulled<T> = { readonly item: T } | { readonly error: unknown };

/**
 * Asks `next` for one item per credit, one at a time; ends when it gives undefined. An error ends it too, but travels as a value
 * behind the items before it: so a run fails at the step that lacks its data, however far the source ran ahead.
 */
export function pull<T>(next: () => Observable<T | undefined>): OperatorFunction<unknown, Pulled<T>> {
  return (permits) =>
    permits.pipe(
      concatMap(() => next()),
      takeWhile((item) => item !== undefined),
      map((item): Pulled<T> => ({ item })),
      catchError((error: unknown) => of<Pulled<T>>({ error })),
    );
}
