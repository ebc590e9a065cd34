import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { CollectionTag, Node, Pair, ScalarTag, Tags, YAMLError } from "yaml";
import type { Span } from "../problem.js";
import { findExcess, limits } from "./limits.js";
import type { Problems } from "./problems.js";
import type { Entry, Scalar, Table, Value } from "./value.js";
import { nameValue } from "./value.js";
import { messageOf, quote } from "./words.js";

/** Where the text to parse stands: in which file, and at which offset of it. */
export interface TextPlace {
  readonly file: string;
  readonly offset: number;
}

/**
 * Reads YAML 1.2 (core schema) into values that know their places. Every mistake becomes a problem; undefined if the text cannot
 * be used at all. `${...}` may stand unquoted, also inside braces.
 */
export function parse(text: string, place: TextPlace, problems: Problems): Value | undefined {
  const shift = ({ file, start, end }: Span): Span => ({ file, start: start + place.offset, end: end + place.offset });
  const excess = findExcess(text, place.file);
  if (excess) {
    problems.add(excess.code, excess.message, shift(excess.at), { cure: excess.cure });
    return undefined;
  }
  const hidden = hideReferences(text);
  // The parser places what is missing at the end one letter behind it.
  const within = (offset: number): number => Math.min(offset, text.length);
  const spanOf = (start: number, end: number): Span =>
    shift({ file: place.file, start: within(start), end: within(Math.max(start, end)) });
  try {
    const document = withoutStacks(() => parseDocument(hidden, dialect));
    const mistakes: YAMLError[] = [...document.errors, ...document.warnings];
    for (const { message, pos } of mistakes)
      problems.add("G101", `not valid YAML: ${firstLine(showReferences(message))}`, spanOf(pos[0], pos[1]), { cure });
    if (document.directives?.yaml.version === "1.1")
      problems.add("G101", "a graph is YAML 1.2, the file says 1.1", spanOf(0, 0), { cure: "remove the %YAML line" });
    if (mistakes.length > 0) return undefined;
    if (!document.contents) return undefined;
    return createConverter(hidden, spanOf, problems)(document.contents as Node, limits.depth);
  } catch (error) {
    // The parser itself gave up, e.g. by stack depth on a nesting that the scan did not see.
    problems.add("G101", `not valid YAML: ${firstLine(messageOf(error))}`, spanOf(0, 0), { cure });
    return undefined;
  }
}

/** What most often makes a text no YAML. */
const cure = "close brackets and quotes, indent by spaces and alike within a block, put a space after each colon";

const dialect = {
  version: "1.2",
  schema: "core",
  customTags: (tags: Tags): Tags => tags.map(withGlance),
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: "error",
} as const;

/**
 * Puts a glance at the text before a tag's own test: nearly all bare texts are neither numbers nor null nor boolean, and to make ready
 * every test's regular expression takes longer than to read a small file.
 */
function withGlance(tag: Tags[number]): Tags[number] {
  if (typeof tag === "string" || !isTested(tag)) return tag;
  const { test } = tag;
  const glance = { test: (text: string) => special.test(text) && test.test(text) };
  // The parser calls nothing else of a test than `test`.
  return { ...tag, test: glance as RegExp };
}

function isTested(tag: CollectionTag | ScalarTag): tag is ScalarTag & { test: RegExp } {
  return "test" in tag && tag.test !== undefined;
}

/** What every text that the core schema reads as null, boolean or number starts with. */
const special = /^(?:[-+.~\d]|$|(?:null|true|false)$)/i;

/** Inside braces YAML would end a text at `{`, so the braces of references are hidden behind two noncharacters of equal length. */
function hideReferences(text: string): string {
  return text.replace(/\$\{([\w. -]*)\}/g, "$\ufdd0$1\ufdd1");
}

function showReferences(text: string): string {
  return text.replaceAll("\ufdd0", "{").replaceAll("\ufdd1", "}");
}

/** Runs the parser without a stack trace in each of its errors: a broken file may have a hundred thousand. */
function withoutStacks<T>(run: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.replace(/:$/, "") ?? "";
}

/** Turns the parser's nodes into values; `room` is how much deeper they may go. Aliases become what they stand for. */
function createConverter(
  text: string,
  spanOf: (start: number, end: number) => Span,
  problems: Problems,
): (node: Node, room: number) => Value {
  const anchors = new Map<string, { value: Value; size: number; depth: number }>();
  let growth = 0;

  const convert = (node: Node | null, room: number): Value => {
    const at = spanOf(node?.range?.[0] ?? 0, node?.range?.[1] ?? 0);
    if (node === null) return { kind: "scalar", value: null, at };
    if (isAlias(node)) return follow(node.source, at, room);
    const value = convertPlain(node, at, room);
    const anchor = "anchor" in node ? node.anchor : undefined;
    if (anchor !== undefined) anchors.set(anchor, { value, ...measure(value) });
    return value;
  };

  const convertPlain = (node: Node, at: Span, room: number): Value => {
    if (isMap(node)) return { kind: "table", entries: convertEntries(node.items as Pair[], room), at };
    if (isSeq(node)) return { kind: "list", items: node.items.map((item) => convert(item as Node | null, room - 1)), at };
    const value: unknown = isScalar(node) ? node.value : undefined;
    if (typeof value === "string") return convertText(showReferences(value), node, at);
    if (value === null || typeof value === "boolean" || typeof value === "number") return { kind: "scalar", value, at };
    problems.add("G101", "a graph holds texts, numbers, booleans, lists and maps only", at, {
      cure: "write it as one of these, or in quotes as a text",
    });
    return { kind: "broken", at };
  };

  const convertText = (value: string, node: Node, at: Span): Scalar => {
    const start = node.range?.[0] ?? 0;
    const quoted = text[start] === '"' || text[start] === "'" ? 1 : 0;
    const verbatim = showReferences(text.slice(start + quoted, start + quoted + value.length)) === value;
    return { kind: "scalar", value, at, ...(verbatim ? { textAt: at.start + quoted } : {}) };
  };

  const convertEntries = (pairs: readonly Pair[], room: number): Entry[] => {
    const seen = new Map<string, Entry>();
    for (const pair of pairs) {
      const key = pair.key as Node | null;
      const keyAt = spanOf(key?.range?.[0] ?? 0, key?.range?.[1] ?? 0);
      const value = convert(pair.value as Node | null, room - 1);
      if (!isScalar(key) || key.value === null || typeof key.value === "object") {
        problems.add("G106", "expected a name as key", keyAt);
        continue;
      }
      const name = showReferences(String(key.value));
      const first = seen.get(name);
      if (first)
        problems.add("G103", `key ${quote(name)} stands twice`, keyAt, {
          notes: [{ message: "the first is here", at: first.keyAt }],
        });
      else seen.set(name, { key: name, keyAt, value });
    }
    return [...seen.values()];
  };

  const follow = (name: string, at: Span, room: number): Value => {
    const target = anchors.get(name);
    if (target && target.depth <= room) growth += target.size;
    if (target && target.depth <= room && growth <= limits.growth) return { ...target.value, at };
    if (!target)
      problems.add("G101", `alias ${quote(name)} names no anchor before it`, at, {
        cure: "write the value out, or name it by &name first",
      });
    else if (growth < Infinity)
      problems.add("G105", `alias ${quote(name)} repeats too much`, at, { cure: "write the values out, or fewer of them" });
    if (target) growth = Infinity;
    return { kind: "broken", at };
  };

  return convert;
}

function measure(value: Value): { size: number; depth: number } {
  const parts = value.kind === "list" ? value.items : value.kind === "table" ? value.entries.map((entry) => entry.value) : [];
  const inner = parts.map(measure);
  const own = value.kind === "scalar" && typeof value.value === "string" ? value.value.length : 1;
  return {
    size: inner.reduce((sum, { size }) => sum + size, own),
    depth: inner.reduce((max, { depth }) => Math.max(max, depth + 1), 0),
  };
}

/** The root of a graph file: a map, or undefined with the problem reported. */
export function parseGraphFile(text: string, file: string, problems: Problems): Table | undefined {
  const before = problems.count();
  const value = parse(text, { file, offset: 0 }, problems);
  if (value?.kind === "table") return value;
  const at = { file, start: 0, end: 0 };
  const cure = "a graph starts with `name:` and has `nodes:`";
  if (problems.count() > before) return undefined;
  if (value === undefined || (value.kind === "scalar" && value.value === null))
    problems.add("G102", "the file is empty", at, { cure });
  else
    problems.add("G106", `expected a map with name and nodes, got ${nameValue(value)}`, { ...at, end: value.at.end }, { cure });
  return undefined;
}
