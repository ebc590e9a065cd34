/** A comment for the line of a value, by the keys that lead to it; undefined for none. */
export type Comment = (path: readonly string[], isMap: boolean) => string | undefined;

/** Plain data as YAML 1.2 in block form, lists of single values on one line; what is undefined is left out. Parsing it gives the same data. */
export function printYaml(data: Readonly<Record<string, unknown>>, comment: Comment = () => undefined): string {
  return printMap(data, [], comment);
}

function printMap(data: object, parents: readonly string[], comment: Comment): string {
  return Object.entries(data)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${"  ".repeat(parents.length)}${printText(key)}:${printValue(value, [...parents, key], comment)}`)
    .join("");
}

function printValue(value: unknown, path: readonly string[], comment: Comment): string {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  const said = comment(path, isMap);
  const end = said === undefined ? "\n" : `  # ${said}\n`;
  if (typeof value !== "object" || value === null) return ` ${printScalar(value)}${end}`;
  if (Array.isArray(value)) return ` ${printFlow(value)}${end}`;
  return Object.values(value).some((part) => part !== undefined) ? `${end}${printMap(value, path, comment)}` : ` {}${end}`;
}

function printFlow(value: unknown): string {
  if (typeof value !== "object" || value === null) return printScalar(value);
  if (Array.isArray(value)) return `[${value.map(printFlow).join(", ")}]`;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return `{ ${entries.map(([key, part]) => `${printText(key)}: ${printFlow(part)}`).join(", ")} }`;
}

function printScalar(value: unknown): string {
  if (typeof value === "string") return printText(value);
  if (typeof value !== "number" || Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value ?? null);
  return Number.isNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";
}

/** A text bare where nothing else could be read from it, else in double quotes. */
function printText(text: string): string {
  const bare = /^[A-Za-z_/][\w./@-]*$/.test(text) && !/^(true|false|null)$/i.test(text);
  return bare
    ? text
    : JSON.stringify(text).replace(unprintable, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What JSON leaves as it is and a graph file may not hold, or YAML would take for the end of a line. */
const unprintable = /[\u007f-\u009f\u2028\u2029\ufdd0\ufdd1\ufeff\ufffd]/g;
