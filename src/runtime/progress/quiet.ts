import type { ProgressView } from "../run/progress-view.js";

/** Shows nothing: for runs from code. */
export function quietProgress(): ProgressView {
  const nothing = (): void => undefined;
  return { start: nothing, phase: nothing, step: nothing, phaseEnd: nothing, note: nothing, end: nothing, close: nothing };
}
