import { merge, range } from "rxjs";
import type { Observable } from "rxjs";

/**
 * Permits to hold one item each: `depth` at once, then one for every item that `returned` gives back. RxJS has no backpressure of
 * its own; a producer that waits for permits never runs ahead further than this.
 */
export function credits(depth: number, returned: Observable<unknown>): Observable<unknown> {
  return merge(range(0, depth), returned);
}
