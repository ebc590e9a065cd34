import type { ProgressView } from "../run/progress-view.js";
import { endLines, startLines } from "./blocks.js";
import { createMeter } from "./meter.js";
import type { Reading } from "./meter.js";
import { shortNumber, shortTime } from "./numbers.js";

/** Where progress is shown and how often. */
export interface ProgressOptions {
  /** Takes progress: the error output. */
  readonly write: (text: string) => void;
  /** Takes the summary at the end: the standard output. */
  readonly report: (text: string) => void;
  /** Entries of the run folder, to tell what lies there. */
  readonly list: (folder: string) => readonly string[];
  /** Seconds of the clock. */
  readonly now: () => number;
}

/**
 * Progress without a terminal: `key=value` lines in a stable order, one every `every` seconds; the first and the last step of a phase
 * always, those of nested phases only where they take that long.
 */
export function plainProgress({ write, report, list, now }: ProgressOptions, every: number): ProgressView {
  const meter = createMeter(now);
  let printed = -Infinity;
  let silent: Reading | undefined;
  const print = (reading: Reading): void => {
    write(`${stepLine(reading)}\n`);
    printed = now();
    silent = undefined;
  };
  const flush = (): void => {
    if (silent) print(silent);
  };
  return {
    start: (run) => write(`${startLines(run).join("\n")}\n`),
    phase: (phase) => meter.begin(phase),
    step(done) {
      meter.step(done);
      const readings = meter.readings();
      const reading = readings.at(-1);
      if (!reading) return;
      const { from, steps } = reading.phase;
      const edge = done.step === from + 1 || done.step === steps;
      if ((edge && readings.length === 1) || now() - printed >= every) print(reading);
      else if (readings.length === 1) silent = reading;
    },
    phaseEnd({ name, results }) {
      if (meter.readings().length === 1) flush();
      meter.end();
      const values = Object.entries(results).map(([metric, value]) => pair(metric, shortNumber(value)));
      if (values.length > 0) write(`${[pair("phase", name), ...values].join(" ")}\n`);
    },
    note: (line) => write(`${line}\n`),
    end(run) {
      flush();
      report(`${endLines(run, list(run.folder)).join("\n")}\n`);
    },
    close: flush,
  };
}

function stepLine({ phase, step, metrics, samplesPerSecond, stepsPerSecond, left }: Reading): string {
  const parts = [pair("phase", phase.name), pair("step", phase.steps === undefined ? String(step) : `${step}/${phase.steps}`)];
  for (const [name, value] of Object.entries(metrics)) parts.push(pair(name, shortNumber(value)));
  if (samplesPerSecond !== undefined) parts.push(pair("samples/s", shortNumber(samplesPerSecond)));
  else if (stepsPerSecond !== undefined) parts.push(pair("steps/s", shortNumber(stepsPerSecond)));
  if (left) parts.push(pair("eta", shortTime(left)));
  return parts.join(" ");
}

/** Thousands lose their commas, so that values can be read back; texts with spaces get quotes. */
function pair(key: string, value: string): string {
  const plain = value.replaceAll(",", "");
  return `${key}=${/\s/.test(plain) ? JSON.stringify(plain) : plain}`;
}
