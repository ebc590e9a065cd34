import type { Span } from "../problem.js";
import { asText } from "./fields.js";
import type { Problems } from "./problems.js";
import type { Entry } from "./value.js";
import { quote } from "./words.js";

/** What `again: name` or `again: name@ema` means, by the name in the whole graph; undefined where there is none, or a mistake is reported. */
export function readAgain(
  entry: Entry | undefined,
  prefix: string,
  what: string,
  problems: Problems,
): { node: string; variant?: "ema"; at: Span } | undefined {
  const text = entry && asText(entry.value, `${what}: again`, problems);
  if (!text) return undefined;
  const [, name, variant] = /^([\w/-]+)(?:@([\w-]+))?$/.exec(text.value.trim()) ?? [];
  if (name === undefined) {
    problems.add("G309", `${quote(text.value)} names no node`, text.at, { cure: "write again: node, or again: node@ema" });
    return undefined;
  }
  if (variant !== undefined && variant !== "ema") {
    problems.add("G308", `there is no variant ${quote(`@${variant}`)}`, text.at, { cure: "write @ema, or remove it" });
    return undefined;
  }
  return { node: prefix + name, ...(variant === undefined ? {} : { variant }), at: text.at };
}
