import { asTable, asText, readFields } from "./fields.js";
import type { Expansion } from "./expansion.js";
import { includeKeys } from "./keys.js";
import { limits } from "./limits.js";
import type { Override } from "./override-text.js";
import { readAgain } from "./read-again.js";
import { readWires } from "./read-node.js";
import type { AgainDraft, IncludeDraft, Scope } from "./scope.js";
import type { Entry, Scalar, Table } from "./value.js";
import { entryOf } from "./value.js";
import { listing, nearest, quote, suggest } from "./words.js";

/** How an include uses the weights of another one. */
export interface Repeat {
  /** The include that the entry's own `again` names. */
  readonly repeated: Entry | undefined;
  /** The include that stands for this one where the file around both is used again. */
  readonly again: Pick<AgainDraft, "node" | "variant" | "at"> | undefined;
}

/**
 * Reads an entry `{ use: ./file.yaml, vars, in }`, or `{ again: include, in }` with the file and variables of that include, and expands the
 * file that it names.
 */
export async function readInclude(
  entry: Entry,
  scope: Scope,
  chain: readonly string[],
  overrides: readonly Override[],
  expansion: Expansion,
  { repeated, again: implied }: Repeat,
): Promise<IncludeDraft> {
  const { problems, loader } = expansion;
  const name = scope.prefix + entry.key;
  const what = `include ${quote(name)}`;
  const table: Table = entry.value.kind === "table" ? entry.value : { kind: "table", entries: [], at: entry.value.at };
  const own = readFields(table, repeated ? ["again", "in", "note"] : includeKeys, what, problems);
  const borrowed =
    repeated?.value.kind === "table" ? repeated.value.entries.filter(({ key }) => ["use", "vars"].includes(key)) : [];
  const fields = new Map([...own, ...borrowed.map((field): [string, Entry] => [field.key, field])]);
  const again = readAgain(own.get("again"), scope.prefix, what, problems) ?? implied;
  const wires = fields.get("in");
  const read = wires ? readWires(wires.value, `${what}: in`, problems) : [];
  const draft: IncludeDraft = {
    kind: "include",
    name,
    at: entry.keyAt,
    scope,
    wires: read ?? [],
    wired: read !== undefined,
    inner: undefined,
  };
  const use = fields.get("use");
  const written = use && asText(use.value, `${what}: use`, problems);
  if (!written) return finish(draft, expansion);

  const file = expansion.resolve((written.origin ?? written.at).file, written.value);
  if (chain.includes(file) || chain.length > limits.includes) {
    const circle = [...chain.slice(Math.max(0, chain.indexOf(file))), file].map(lastPart);
    const message = chain.includes(file)
      ? "files include each other in a circle"
      : `over ${limits.includes} files include each other`;
    problems.add("G402", `${message}: ${circle.join(" -> ")}`, written.at, {
      cure: "take this include out, or move what both files need to a third",
    });
    return finish(draft, expansion);
  }
  const inner = await loader.load(file, written.value, written.at);
  if (!inner) return finish(draft, expansion);
  const vars = fields.get("vars");
  const given = vars ? (asTable(vars.value, `${what}: vars`, problems)?.entries ?? []) : [];
  const from = {
    written: written.value,
    vars: declaredOnly(given, inner, written, what, expansion),
    wires: read ?? [],
    scope,
    ...(again ? { again } : {}),
  };
  const { scope: innerScope } = await expansion.expand({
    table: inner,
    prefix: `${name}/`,
    chain: [...chain, file],
    overrides,
    from,
  });
  checkInputs(draft, innerScope, written.value, what, expansion);
  return finish({ ...draft, inner: innerScope }, expansion);
}

function finish(draft: IncludeDraft, { includes }: Expansion): IncludeDraft {
  includes.push(draft);
  return draft;
}

function declaredOnly(given: readonly Entry[], inner: Table, written: Scalar, what: string, { problems }: Expansion): Entry[] {
  const vars = entryOf(inner, "vars")?.value;
  const declared = vars?.kind === "table" ? vars.entries.map(({ key }) => key) : [];
  return given.filter(({ key, keyAt, value }) => {
    if (value.kind === "table") problems.add("G106", `variable ${quote(key)}: expected one value or a list, got a map`, value.at);
    if (declared.includes(key)) return true;
    const cure = declared.length > 0 ? `its variables: ${listing(declared)}` : "it declares none";
    problems.add(
      "G109",
      `${what}: ${quote(String(written.value))} has no variable ${quote(key)}`,
      keyAt,
      suggest(key, declared, cure),
    );
    return false;
  });
}

/** Every input that the file declares must be given, and no other. */
function checkInputs(draft: IncludeDraft, inner: Scope, written: string, what: string, { problems }: Expansion): void {
  const inputs = inner.inputs ?? new Map<string, never>();
  const cure = inputs.size > 0 ? `its inputs: ${listing([...inputs.keys()])}` : "it takes none";
  const strangers = draft.wires.filter((wire) => !inputs.has(wire.port));
  for (const { port, portAt } of strangers)
    problems.add("G302", `${what}: ${quote(written)} has no input ${quote(port)}`, portAt, suggest(port, inputs.keys(), cure));
  for (const { name, spec, at } of draft.wired ? inputs.values() : []) {
    if (draft.wires.some(({ port }) => port === name || (!inputs.has(port) && nearest(port, [name]).length > 0))) continue;
    problems.add("G303", `${what}: input ${quote(name)} (${quote(spec)}) is not connected`, draft.at, {
      cure: `add in: { ${name}: node.port }`,
      notes: [{ message: "it is declared here", at }],
    });
  }
}

function lastPart(file: string): string {
  return file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
}
