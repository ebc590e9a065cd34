import type { Span } from "../problem.js";
import type { ProblemCode } from "./problem-codes.js";

/** Bounds of what a graph may be; a file beyond them is refused before it costs time or memory. */
export const limits = {
  /** Characters of a file. */
  text: 1_000_000,
  /** Maps and lists within each other. */
  depth: 64,
  /** Values that aliases and variables add, a text counting its letters. */
  growth: 200_000,
  /** Nodes and includes of the whole graph. */
  nodes: 20_000,
  /** Files including each other. */
  includes: 32,
  /** Variables referring to each other. */
  chain: 500,
} as const;

/** The first reason not to give a text to the YAML parser, found in one pass over its characters; undefined if there is none. */
export function findExcess(
  text: string,
  file: string,
): { code: ProblemCode; message: string; at: Span; cure: string } | undefined {
  const place = (start: number): Span => ({ file, start, end: Math.min(start + 1, text.length) });
  if (text.length > limits.text) {
    const size = `${(text.length / 1e6).toFixed(1)} MB`;
    const cure = "a graph file describes nodes; keep data in files that params name";
    return { code: "G105", message: `the file is too large: at most 1 MB is read, it has ${size}`, at: place(0), cure };
  }
  const odd = text.search(notText);
  if (odd >= 0) return { code: "G102", message: "the file is no text", at: place(odd), cure: "give a YAML file in UTF-8" };
  const deep = findDepth(text);
  if (deep === undefined) return undefined;
  return {
    code: "G105",
    message: `maps and lists are nested over ${limits.depth} deep`,
    at: place(deep),
    cure: "close a bracket, or nest less",
  };
}

// The two noncharacters are what `parse.ts` hides the braces of a reference with.
// eslint-disable-next-line no-control-regex
const notText = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufdd0\ufdd1\ufffd]/;

/** Offset of the bracket, dash or indent that goes too deep. Quotes and comments are told apart as far as one pass can. */
function findDepth(text: string): number | undefined {
  const flow = createFlow();
  const indents: number[] = [];
  let lineStart = true;
  for (let i = 0; i < text.length; i++) {
    if (lineStart && flow.depth() === 0 && !flow.quoted()) {
      const start = i;
      while (text[i] === " ") i++;
      const deeper = enterLine(indents, text, start, i);
      i = deeper;
      if (indents.length > limits.depth) return i;
    }
    lineStart = text[i] === "\n";
    flow.feed(text, i);
    if (flow.depth() > limits.depth) return i;
  }
  return undefined;
}

/** Keeps the columns at which the open blocks of a line start; gives the offset after the line's own dashes. */
function enterLine(indents: number[], text: string, start: number, first: number): number {
  if (text[first] === "\n" || text[first] === "#" || text[first] === undefined) return first;
  while ((indents.at(-1) ?? -1) >= first - start) indents.pop();
  indents.push(first - start);
  let i = first;
  while (indents.length <= limits.depth && (text[i] === "-" || text[i] === "?") && text[i + 1] === " ") {
    while (text[++i] === " ");
    indents.push(i - start);
  }
  return i;
}

interface Flow {
  feed(text: string, i: number): void;
  depth(): number;
  quoted(): boolean;
}

/** Counts brackets outside quotes and comments. */
function createFlow(): Flow {
  let depth = 0;
  let inside: "" | '"' | "'" | "#" = "";
  let before = "\n"; // the last character that is no space
  return {
    depth: () => depth,
    quoted: () => inside === '"' || inside === "'",
    feed(text, i) {
      const char = text[i] ?? "";
      if (inside === "#") {
        if (char === "\n") inside = "";
      } else if (inside !== "") {
        if (char === inside && !(inside === '"' && escaped(text, i))) inside = "";
      } else if ((char === '"' || char === "'") && (opens(before) || char === text[i - 1])) inside = char;
      else if (char === "#" && /\s/.test(text[i - 1] ?? "\n")) inside = "#";
      else if (char === "]" || char === "}") depth = Math.max(0, depth - 1);
      const bracket = inside === "" && (char === "[" || char === "{");
      const counts = bracket && (depth > 0 || opens(before));
      if (counts) depth++;
      // A bracket inside a plain text opens nothing, nor does the next one.
      if (char !== " ") before = bracket && !counts ? "x" : char;
    },
  };
}

function opens(before: string): boolean {
  return "\n:,[{-?".includes(before);
}

function escaped(text: string, i: number): boolean {
  let count = 0;
  while (text[i - 1 - count] === "\\") count++;
  return count % 2 === 1;
}
