import type { PhaseStart, StepDone } from "../run/progress-view.js";

/** Where a phase is, and how fast. */
export interface Reading {
  readonly phase: PhaseStart;
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Seconds since the phase began. */
  readonly seconds: number;
  /** Steps per second while it runs itself; undefined until there is one to measure. */
  readonly stepsPerSecond: number | undefined;
  readonly samplesPerSecond: number | undefined;
  /** Seconds to the end of the phase, with the phases nested in it. */
  readonly left: number | undefined;
}

/** Measures the phase in work and those around it. */
export interface Meter {
  begin(phase: PhaseStart): void;
  step(done: StepDone): void;
  /** Ends the innermost phase; its last reading. */
  end(): Reading | undefined;
  /** Readings of the open phases, the innermost last. */
  readings(): readonly Reading[];
}

interface Open {
  readonly phase: PhaseStart;
  readonly begun: number;
  step: number;
  metrics: Readonly<Record<string, number>>;
  /** When the first step was done: it warms up and tells nothing about the others. */
  first: number | undefined;
  last: number;
  /** Seconds spent in nested phases since the first step. */
  inside: number;
}

/** A meter on a clock in seconds. */
export function createMeter(now: () => number): Meter {
  const open: Open[] = [];
  const read = (phase: Open): Reading => {
    const measured = phase.step - phase.phase.from - 1;
    const whole = phase.last - (phase.first ?? phase.last);
    const rate = measured > 0 && whole > phase.inside ? measured / (whole - phase.inside) : undefined;
    const { steps, batch } = phase.phase;
    return {
      phase: phase.phase,
      step: phase.step,
      metrics: phase.metrics,
      seconds: now() - phase.begun,
      stepsPerSecond: rate,
      samplesPerSecond: rate === undefined || batch === undefined ? undefined : rate * batch,
      left: steps === undefined || measured <= 0 ? undefined : ((steps - phase.step) * whole) / measured,
    };
  };
  return {
    begin(phase) {
      open.push({ phase, begun: now(), step: phase.from, metrics: {}, first: undefined, last: now(), inside: 0 });
    },
    step({ step, metrics }) {
      const phase = open.at(-1);
      if (!phase) return;
      phase.step = step;
      phase.metrics = metrics;
      phase.last = now();
      phase.first ??= phase.last;
    },
    end() {
      const phase = open.pop();
      const around = open.at(-1);
      if (phase && around?.first !== undefined) {
        around.inside += now() - phase.begun;
        around.last = now();
      }
      return phase && read(phase);
    },
    readings: () => open.map(read),
  };
}
