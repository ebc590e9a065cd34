/** Something under way: a node that reads or writes, the device in a step, a phase. */
export interface Span {
  /** Whose it is: a node's name, or `run`, `device`, `checkpoint`. */
  readonly lane: string;
  readonly what: string;
  /** Seconds of the clock. */
  readonly start: number;
}

/** Notes what a run is doing, for whoever wants to know: a trace, a report on a run that stands still. */
export interface Activity {
  /** Notes that something begins; the function that it gives notes its end. Spans of one lane lie within each other. */
  begin(lane: string, what: string): () => void;
}

/** Told of each span when it ends. */
export type SpanListener = (span: Span, end: number) => void;

/** An activity that can be asked. */
export interface KnownActivity extends Activity {
  /** What is under way, the oldest first. */
  open(): readonly Span[];
  /** When something last began or ended. */
  lastChange(): number;
  listen(listener: SpanListener): void;
}

/** Makes an activity by a clock in seconds. */
export function makeActivity(now: () => number): KnownActivity {
  const open = new Set<Span>();
  const listeners: SpanListener[] = [];
  let changed = now();
  return {
    begin(lane, what) {
      changed = now();
      const span = { lane, what, start: changed };
      open.add(span);
      return () => {
        if (!open.delete(span)) return;
        changed = now();
        for (const listener of listeners) listener(span, changed);
      };
    },
    open: () => [...open],
    lastChange: () => changed,
    listen: (listener) => void listeners.push(listener),
  };
}

/** Does some work as a span of an activity. */
export async function during<T>(activity: Activity, lane: string, what: string, work: () => Promise<T> | T): Promise<T> {
  const end = activity.begin(lane, what);
  try {
    return await work();
  } finally {
    end();
  }
}

/** Notes nothing. */
export const noActivity: Activity = { begin: () => () => undefined };
