import type { z } from "zod";
import type { NodeDef } from "../define-node.js";
import type { Span } from "../problem.js";
import type { Problems } from "./problems.js";
import type { PlainParams, UnknownParam } from "./plain-params.js";
import { withConfig } from "./config-file.js";
import { plainParams } from "./plain-params.js";
import { describe, schemaAt } from "./schema.js";
import type { NodeDraft } from "./scope.js";
import type { Table, Value } from "./value.js";
import { entryOf, nameValue } from "./value.js";
import { listing, messageOf, nearest, quote, suggest } from "./words.js";

/** Params that passed their schema, and what the file gave for them. */
export interface CheckedParams {
  readonly values: Readonly<Record<string, unknown>>;
  readonly plain: PlainParams;
}

/** How params reach files: paths made absolute against the file that writes them, and configs read. */
export interface FileAccess {
  readonly resolve: (fromFile: string, path: string) => string;
  readonly read: (path: string) => Promise<string>;
}

/** Parses a node's params with its type's schema, as strict whatever the schema says; each issue becomes one problem at its key or value. */
export async function checkParams(
  draft: NodeDraft,
  def: NodeDef,
  { resolve, read }: FileAccess,
  problems: Problems,
): Promise<CheckedParams | undefined> {
  const { params } = draft;
  if (!params) return undefined;
  const written = plainParams(params, def.params, resolve);
  const { data: filled, file } = await withConfig(written, def.params, read, draft, problems);
  const plain = { ...written, data: filled };
  for (const unknown of plain.unknown) {
    const name = [...unknown.parents, unknown.key].join(".");
    const otherwise =
      unknown.known.length > 0 ? `${def.type} takes ${listing(unknown.known, 12)}` : `${def.type} takes no params`;
    problems.add(
      "G104",
      `node ${quote(draft.name)}: unknown param ${quote(name)}`,
      unknown.at,
      suggest(unknown.key, unknown.known, otherwise),
    );
  }
  const parsed = await safely(() => def.params.safeParseAsync(plain.data));
  if ("thrown" in parsed) {
    problems.add("G205", `node ${quote(draft.name)}: the schema of ${def.type} failed: ${messageOf(parsed.thrown)}`, params.at);
    return undefined;
  }
  const { success, error, data } = parsed.value;
  for (const issue of error?.issues ?? [])
    if (file?.keys.has(String(issue.path[0])))
      problems.add(
        "G203",
        `node ${quote(draft.name)}: ${file.path}: param ${quote(issue.path.join("."))}: ${lowerFirst(issue.message)}`,
        file.at,
      );
    else reportIssue(issue, draft, params, def, plain.unknown, problems);
  return success && plain.unknown.length === 0 ? { values: data, plain } : undefined;
}

function reportIssue(
  issue: z.core.$ZodIssue,
  draft: NodeDraft,
  params: Table,
  def: NodeDef,
  unknown: readonly UnknownParam[],
  problems: Problems,
): void {
  const { value, at } = find(params, issue.path, draft.at);
  const what = `node ${quote(draft.name)}: param ${quote(issue.path.join("."))}`;
  const schema = schemaAt(def.params, issue.path);
  const expected = lengthText(issue) ?? (schema && describe(schema));
  if (value === undefined && issue.code !== "custom") {
    if (isMisspelt(issue.path, unknown)) return;
    problems.add("G204", `${what} is missing${expected ? `: it is ${expected}` : ""}`, at, {
      cure: `add params: { ${issue.path.join(".")}: … }`,
    });
  } else if (issue.path.length === 0) problems.add("G203", `node ${quote(draft.name)}: ${issue.message}`, at);
  else if (expected && value && explains(issue))
    problems.add(
      "G203",
      `${what} expects ${expected}, got ${lengthText(issue) && value.kind === "list" ? value.items.length : nameValue(value)}`,
      at,
      cureOf(issue, value),
    );
  else problems.add("G203", `${what}: ${lowerFirst(issue.message)}${value ? `, got ${nameValue(value)}` : ""}`, at);
}

/** True where the words of the schema say all that is wrong; a rule of the schema's own, or a text's pattern, is not in them. */
function explains(issue: z.core.$ZodIssue): boolean {
  return ["too_big", "too_small", "invalid_type", "invalid_value", "invalid_union"].includes(issue.code);
}

/** How many items or letters a list or text must have, where that is what is wrong. */
function lengthText(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code !== "too_big" && issue.code !== "too_small") return undefined;
  const unit = issue.origin === "array" ? "items" : issue.origin === "string" ? "letters" : undefined;
  if (unit === undefined) return undefined;
  const bound = issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  return bound.endsWith(" 1") ? `${bound} ${unit.slice(0, -1)}` : `${bound} ${unit}`;
}

function cureOf(issue: z.core.$ZodIssue, value: Value): { cure?: string } {
  if (value.kind !== "scalar" || typeof value.value !== "string") return {};
  if (issue.code === "invalid_value") return suggest(value.value, issue.values.map(String));
  const quoted = issue.code === "invalid_type" && issue.expected !== "string";
  return quoted && value.value !== "" && (!Number.isNaN(Number(value.value)) || /^(true|false)$/.test(value.value))
    ? { cure: "remove the quotes" }
    : {};
}

/** True where a required key is missing beside an unknown one that is nearly it: one mistake, already reported. */
function isMisspelt(path: readonly PropertyKey[], unknown: readonly UnknownParam[]): boolean {
  const parents = path.slice(0, -1).join(".");
  return unknown.some((other) => other.parents.join(".") === parents && nearest(other.key, [String(path.at(-1))]).length > 0);
}

/** The value at a path, and its place; for what is missing, the place of the nearest thing around it. */
function find(params: Table, path: readonly PropertyKey[], node: Span): { value: Value | undefined; at: Span } {
  let value: Value | undefined = params;
  let at = node;
  for (const step of path) {
    value =
      value?.kind === "table"
        ? entryOf(value, String(step))?.value
        : value?.kind === "list"
          ? value.items[Number(step)]
          : undefined;
    if (!value) return { value, at };
    at = value.at;
  }
  return { value, at };
}

async function safely<T>(run: () => Promise<T>): Promise<{ value: T } | { thrown: unknown }> {
  try {
    return { value: await run() };
  } catch (thrown) {
    return { thrown };
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
