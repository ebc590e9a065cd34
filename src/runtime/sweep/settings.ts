import type { Json } from "../../core/define-node.js";
import { settingText } from "../../core/experiment.js";
import type { Sweep, SweepAxis } from "../../core/experiment.js";
import { UsageError } from "../usage-error.js";

/** One run of a sweep. */
export interface Child {
  /** Name of its folder. */
  readonly name: string;
  /** The values of the axes, as reports spell them. */
  readonly setting: string;
  readonly seed: number;
  /** What makes it of the graph. */
  readonly overrides: readonly string[];
}

/**
 * Runs of a sweep: every setting with the first seed, then every setting with the next, so that what changes on the machine while it works
 * meets all settings alike. `seed` is the graph's own, the first of them.
 */
export function childrenOf({ axes, seeds }: Sweep, seed: number): Child[] {
  const rows = axes.reduce<readonly (readonly Json[])[]>(
    (found, axis) => found.flatMap((row) => axis.values.map((value) => [...row, value])),
    [[]],
  );
  const digits = String(rows.length).length;
  return Array.from({ length: seeds }, (_, i) =>
    rows.map((row, index): Child => {
      const values = axes.map(({ path }, k) => `_${path}=${settingText([row[k] ?? null])}`).join("");
      // The number keeps settings apart whose values look alike once they are names of folders, or are cut.
      const name = `${String(index + 1).padStart(digits, "0")}${values.replace(/[^\w.=,-]+/g, "-").slice(0, 100)}_seed=${seed + i}`;
      const overrides = [...axes.flatMap((axis, k) => overridesOf(axis, row[k] ?? null)), `seed=${seed + i}`];
      return { name, setting: settingText(row), seed: seed + i, overrides };
    }),
  ).flat();
}

/** What a value of an axis sets. */
function overridesOf({ path, sets }: SweepAxis, value: Json): string[] {
  const set = sets ? Object.entries(sets[String(value)] ?? {}) : [[path, value] as const];
  return set.map(([name, json]) => `${name}=${JSON.stringify(json)}`);
}

/** `dit.depth=[6,2],[8,2]` as an axis; commas inside brackets, braces and quotes do not part values. Throws a UsageError. */
export function parseAxis(text: string): SweepAxis {
  const equals = text.indexOf("=");
  const path = text.slice(0, Math.max(0, equals));
  const values = equals < 0 ? [] : splitValues(text.slice(equals + 1));
  if (!/^[\w/-]+(\.[\w/-]+)*$/.test(path) || path === "seed" || values.length === 0 || values.includes(""))
    throw new UsageError(
      `--sweep ${text}: ${path === "seed" ? "seeds are counted by --seeds 3" : "expected key=first,second as in dit.depth=[6,2],[8,2]"}`,
    );
  return { path, values: values.map(valueOf) };
}

function splitValues(text: string): string[] {
  const parts: string[] = [""];
  let depth = 0;
  let quote = "";
  for (const char of text) {
    if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if ("[{".includes(char)) depth++;
    else if ("]}".includes(char)) depth--;
    if (char === "," && depth === 0 && quote === "") parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts.map((part) => part.trim());
}

/** A value as JSON where it is some; any other text stands for itself, as in YAML. */
function valueOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
