import type { KnownActivity, Span } from "../run/activity.js";

/** Tells once of every time that a run stands still for so many seconds; gives a function that stops watching. */
export function watchStalls(
  activity: KnownActivity,
  now: () => number,
  seconds: number,
  tell: (line: string) => void,
): () => void {
  let told: number | undefined;
  const look = (): void => {
    const changed = activity.lastChange();
    if (now() - changed < seconds || told === changed) return;
    told = changed;
    for (const line of stallReport(activity.open(), now())) tell(line);
  };
  const timer = setInterval(look, Math.min(1000, 250 * seconds));
  // The watch alone must not keep a process alive.
  timer.unref();
  return () => clearInterval(timer);
}

/** Who waits for whom: what is under way, the newest of each lane, and what the run itself is in. */
export function stallReport(open: readonly Span[], now: number): string[] {
  const newest = new Map(open.map((span) => [span.lane, span]));
  const run = newest.get("run");
  newest.delete("run");
  const busy = [...newest.values()];
  const age = (span: Span): string => `${(now - span.start).toFixed(0)} s`;
  const still = Math.min(...open.map((span) => now - span.start));
  const head = `nothing has moved for ${Number.isFinite(still) ? still.toFixed(0) : "some"} s`;
  const step = run?.what.includes(" step ");
  // Within a step sources may read ahead: the step does not wait for them.
  const awaited = step ? busy.filter(({ what }) => what !== "read") : busy;
  const names = awaited.map(({ lane }) => lane).join(", ");
  return [
    head,
    ...(run ? [`  ${run.what} waits for ${names === "" ? "its own work" : names}, for ${age(run)}`] : []),
    ...busy.map((span) => `  ${span.lane}: ${span.what}, for ${age(span)}`),
  ];
}
