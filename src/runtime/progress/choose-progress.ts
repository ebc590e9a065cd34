import { readdirSync } from "node:fs";
import type { ProgressView } from "../run/progress-view.js";
import { plainProgress } from "./plain.js";
import { terminalProgress } from "./terminal.js";

/** A process's outputs, as far as progress needs them. */
export interface Outputs {
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly stdout: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The block where the error output is a terminal (some launchers make the standard output look like one), else plain lines. */
export function chooseProgress(outputs: Outputs, logEvery: number): ProgressView {
  const { stderr, stdout, env } = outputs;
  const options = {
    write: (text: string): void => void stderr.write(text),
    report: (text: string): void => void stdout.write(text),
    list: entries,
    now: (): number => performance.now() / 1000,
  };
  if (!stderr.isTTY || env["TERM"] === "dumb") return plainProgress(options, logEvery);
  return terminalProgress(options, { columns: () => stderr.columns ?? 80, color: useColor(env) });
}

/** Colours, unless the user turned them off: https://no-color.org. */
export function useColor(env: Outputs["env"]): boolean {
  return !env["NO_COLOR"];
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
