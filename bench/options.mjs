import { parseArgs } from "node:util";
import { BenchError } from "./bench-error.mjs";

/** Options of every benchmark. `check` reads the text of a value. */
const common = {
  precision: {
    value: "fp32|bf16|f16",
    default: "fp32",
    note: "arithmetic of the matrix products",
    check: oneOf("fp32", "bf16", "f16"),
  },
  threads: { value: "n", note: "CPU threads, of PyTorch too (default: all cores)", check: wholeNumber },
  "vs-torch": { note: "time the same work in PyTorch, in turns" },
  rounds: { value: "n", default: "3", note: "turns, with --vs-torch", check: wholeNumber },
  python: { value: "path", note: "the one Python to ask for PyTorch (default: RAEGRAPH_TORCH_PYTHON and the usual ones)" },
  json: { note: "print one JSON object" },
};

/** A benchmark's options by their names in camel case. Throws a BenchError for what is unknown or no such value. */
export function parseOptions(name, { options }, words) {
  const known = { ...common, ...options };
  const given = readWords(name, known, words);
  return Object.fromEntries(
    Object.entries(known).map(([option, { value, default: start, check }]) => {
      const text = given[option] ?? start;
      return [camel(option), value && text !== undefined && check ? check(text, `--${option}`) : text];
    }),
  );
}

function readWords(name, known, words) {
  const types = Object.entries(known).map(([option, { value }]) => [option, { type: value ? "string" : "boolean" }]);
  try {
    return parseArgs({ args: words, options: Object.fromEntries(types) }).values;
  } catch (error) {
    throw new BenchError(`${error.message}\n\n${usage(name, { options: known })}`, 2);
  }
}

/** The help text of a benchmark. */
export function usage(name, { note, options }) {
  const rows = Object.entries({ ...common, ...options }).map(([option, { value, note: what, default: start }]) => {
    const left = `--${option}${value ? ` <${value}>` : ""}`;
    return `  ${left.padEnd(26)} ${what}${start === undefined ? "" : ` (default: ${start})`}`;
  });
  return [`npm run bench -- ${name} [options]`, ...(note ? [note] : []), ...rows].join("\n");
}

/** A check that takes these words only. */
export function oneOf(...words) {
  return (text, option) => {
    if (words.includes(text)) return text;
    throw new BenchError(`${option} ${text}: expected ${words.join(", ")}`, 2);
  };
}

/** A whole number of at least 1. */
export function wholeNumber(text, option) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new BenchError(`${option} ${text}: expected a whole number of at least 1`, 2);
}

function camel(option) {
  return option.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}
