import pc from "picocolors";
import type { ProgressView } from "../run/progress-view.js";
import { endLines, startLines } from "./blocks.js";
import { createMeter } from "./meter.js";
import type { Reading } from "./meter.js";
import { shortNumber, shortTime } from "./numbers.js";
import type { ProgressOptions } from "./plain.js";

/** A terminal's width and whether it shows colours. */
export interface TerminalOptions {
  readonly columns: () => number;
  readonly color: boolean;
}

type Colors = ReturnType<typeof pc.createColors>;

/** Seconds between two drawings of the block. */
const pause = 0.1;

/** Progress on a terminal: one block, redrawn at most ten times a second; what is over stays above it as one line. */
export function terminalProgress(
  { write, report, list, now }: ProgressOptions,
  { columns, color }: TerminalOptions,
): ProgressView {
  const meter = createMeter(now);
  const colors = pc.createColors(color);
  let lines = 0;
  let drawn = -Infinity;
  const erase = (): string => {
    const text = lines > 0 ? `\u001b[${lines}A\u001b[0J` : "";
    lines = 0;
    return text;
  };
  const draw = (): string => {
    const block = meter.readings().flatMap((reading, depth) => drawReading(reading, depth, columns(), colors));
    lines = block.length;
    drawn = now();
    return block.map((line) => `${line}\n`).join("");
  };
  /** Text above the block; the block moves down. */
  const say = (text: string): void => write(`${erase()}${text}\n${draw()}`);
  return {
    start: (run) => say(startLines(run).join("\n")),
    phase(phase) {
      meter.begin(phase);
      if (now() - drawn >= pause) write(`${erase()}${draw()}`);
    },
    step(done) {
      meter.step(done);
      if (now() - drawn >= pause) write(`${erase()}${draw()}`);
    },
    phaseEnd({ name, results }) {
      const reading = meter.end();
      const shown = Object.entries({ ...reading?.metrics, ...results }).map(
        ([metric, value]) => `${metric} ${shortNumber(value)}`,
      );
      const time = shortTime(reading?.seconds ?? 0);
      say(`${colors.green("✔")} ${colors.bold(name)}  ${[`${reading?.step ?? 0} steps in ${time}`, ...shown].join("  ")}`);
    },
    note: (line) => say(colors.dim(line)),
    end(run) {
      write(erase());
      report(`\n${endLines(run, list(run.folder)).join("\n")}\n`);
    },
    close() {
      // The last picture of an open phase stays on the screen.
      if (meter.readings().length > 0 && lines > 0) write(`${erase()}${draw()}`);
      lines = 0;
    },
  };
}

/** Bar and step; below it losses, what the phase logs, and speed. */
function drawReading(reading: Reading, depth: number, columns: number, colors: Colors): string[] {
  const { phase, step, metrics, samplesPerSecond, stepsPerSecond, left } = reading;
  const count = phase.steps === undefined ? `step ${step}` : `${step}/${phase.steps}`;
  const indent = "  ".repeat(depth);
  const room = Math.max(4, Math.min(40, columns - indent.length - phase.name.length - count.length - 8));
  const done = phase.steps ? Math.round((room * step) / phase.steps) : 0;
  const bar = `${colors.cyan("━".repeat(done))}${colors.dim("─".repeat(room - done))}`;
  const parts = [
    ...Object.entries(metrics).map(([name, value]) => `${name} ${shortNumber(value)}`),
    ...(samplesPerSecond === undefined ? [] : [`${shortNumber(samplesPerSecond)} samples/s`]),
    ...(stepsPerSecond === undefined ? [] : [`${shortTime(1 / stepsPerSecond)} a step`]),
    ...(!left ? [] : [`ETA ${shortTime(left)}`]),
  ];
  const head = `${indent}${colors.bold(phase.name)}  ${bar}  ${count}`;
  return [head, ...filled(parts, columns - indent.length).map((line) => `${indent}${line}`)];
}

/** The parts in as few lines of so many letters as hold them. */
function filled(parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 2 < columns) lines[lines.length - 1] = `${last}  ${part}`;
    else lines.push(`  ${part}`.slice(0, columns - 1));
  }
  return lines;
}
