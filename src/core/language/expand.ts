import { applyOverrides } from "./apply-overrides.js";
import type { ExpandedFile, Expansion, FilePart } from "./expansion.js";
import { asList, asTable, asText, checkName, isNothing, isText, nodeName, readFields, reportMissing } from "./fields.js";
import { graphKeys, includedKeys } from "./keys.js";
import { limits } from "./limits.js";
import type { Override } from "./override-text.js";
import type { Problems } from "./problems.js";
import type { PluginRequest } from "./load-plugins.js";
import { readInclude } from "./read-include.js";
import { readNode, readWires } from "./read-node.js";
import type { IncludeDraft, NodeDraft, Scope, ScopeInput } from "./scope.js";
import type { Entry, Table, Value } from "./value.js";
import { entryOf } from "./value.js";
import { createVariables } from "./variables.js";
import type { Variables } from "./variables.js";
import { quote } from "./words.js";

/** Carries out a file's overrides, variables and includes; its nodes join the flat lists. */
export async function expandFile(part: FilePart, expansion: Expansion): Promise<ExpandedFile> {
  const { problems } = expansion;
  const file = part.chain.at(-1) ?? "";
  const { root, inner } = applyOverrides(part.table, part.overrides, problems);
  const what = part.from ? "included file" : "graph";
  const raw = readFields(root, part.from ? includedKeys : graphKeys, what, problems);
  const variables = readVariables(raw.get("vars"), part, expansion);
  const fields = new Map(
    [...raw].map(([key, entry]) => [
      key,
      key === "nodes" || key === "vars" ? entry : { ...entry, value: variables.resolve(entry.value) },
    ]),
  );

  expansion.plugins.push(...readPlugins(fields.get("plugins"), problems));
  const members = new Map<string, NodeDraft | IncludeDraft>();
  const outputs = fields.get("outputs");
  const scope: Scope = {
    file,
    prefix: part.prefix,
    members,
    inputs: part.from ? readInputs(fields.get("inputs"), problems) : undefined,
    given: new Map(part.from?.wires.map((wire) => [wire.port, wire])),
    outer: part.from?.scope,
    outputs: new Map((outputs ? readWires(outputs.value, "outputs", problems) : undefined)?.map((wire) => [wire.port, wire])),
  };
  const nodes = fields.get("nodes");
  if (!nodes || isNothing(nodes.value)) {
    const at = nodes?.keyAt ?? { file, start: 0, end: 0 };
    reportMissing(root, "nodes", { message: `the ${what} has no nodes`, at, cure: "add nodes: { name: { type: … } }" }, problems);
  }
  for (const entry of (nodes && asTable(nodes.value, "nodes", problems))?.entries ?? []) {
    if (!claim(entry, part.prefix, expansion)) continue;
    const value = variables.resolve(entry.value);
    const repeated = repeatedInclude({ ...entry, value }, root, variables);
    const changes = [...(repeated ? (inner.get(repeated.key) ?? []) : []), ...(inner.get(entry.key) ?? [])];
    members.set(entry.key, await readMember({ ...entry, value }, scope, part, changes, expansion, repeated));
  }
  return { scope, fields, root };
}

async function readMember(
  entry: Entry,
  scope: Scope,
  part: FilePart,
  overrides: readonly Override[],
  expansion: Expansion,
  repeated: Entry | undefined,
): Promise<NodeDraft | IncludeDraft> {
  const outer = part.from?.again;
  const again = outer && { ...outer, node: `${outer.node}/${entry.key}` };
  const including = entry.value.kind === "table" && entryOf(entry.value, "use") !== undefined;
  if (including || repeated) return readInclude(entry, scope, part.chain, overrides, expansion, { repeated, again });
  const read = readNode(entry, scope, expansion.problems);
  const node = again && !read.again ? { ...read, again: { ...again, implied: true } } : read;
  expansion.nodes.push(node);
  return node;
}

/** The entry of the include that `again` in this entry names; undefined where it names none. */
function repeatedInclude(entry: Entry, root: Table, variables: Variables): Entry | undefined {
  const named = entry.value.kind === "table" ? entryOf(entry.value, "again")?.value : undefined;
  const name = named && isText(named) ? named.value.replace(/@.*$/, "").trim() : undefined;
  const nodes = entryOf(root, "nodes")?.value;
  const found = name !== undefined && nodes?.kind === "table" ? entryOf(nodes, name) : undefined;
  const includes = found?.value.kind === "table" && entryOf(found.value, "use") !== undefined;
  return found && includes ? { ...found, value: variables.resolve(found.value) } : undefined;
}

/** Takes a name for a node; false and reported where it is no name, taken, or one node too many. */
function claim({ key, keyAt }: Entry, prefix: string, { names, problems }: Expansion): boolean {
  if (!checkName(key, keyAt, "a node", problems, nodeName)) return false;
  const cure = { cure: "choose another name" };
  if (key === "inputs") {
    problems.add("G108", `"inputs" is no name for a node: it stands for what an included file is given`, keyAt, cure);
    return false;
  }
  const name = prefix + key;
  const first = names.get(name);
  if (first) {
    problems.add("G103", `two nodes are called ${quote(name)}`, keyAt, {
      ...cure,
      notes: [{ message: "the first is here", at: first }],
    });
    return false;
  }
  if (names.size === limits.nodes)
    problems.add("G105", `the graph has over ${limits.nodes} nodes`, keyAt, { cure: "include fewer files" });
  names.set(name, keyAt);
  return names.size <= limits.nodes;
}

function readVariables(entry: Entry | undefined, part: FilePart, { growth, problems }: Expansion): Variables {
  const declared = (entry && asTable(entry.value, "vars", problems))?.entries ?? [];
  const fine = declared.filter(({ key, keyAt }) => checkName(key, keyAt, "a variable", problems));
  const given = new Map<string, Value>(part.from?.vars.map(({ key, value }) => [key, value]));
  return createVariables(fine, given, growth, problems);
}

function readPlugins(entry: Entry | undefined, problems: Problems): PluginRequest[] {
  const list = entry && asList(entry.value, "plugins", "write plugins: [./my-nodes.ts]", problems);
  return (list?.items ?? []).flatMap((item, i) => {
    const text = asText(item, `plugins[${i}]`, problems);
    return text ? [{ spec: text.value, at: text.at, from: (text.origin ?? text.at).file }] : [];
  });
}

function readInputs(entry: Entry | undefined, problems: Problems): ReadonlyMap<string, ScopeInput> {
  const inputs = (entry && asTable(entry.value, "inputs", problems))?.entries ?? [];
  return new Map(
    inputs.flatMap(({ key, keyAt, value }): [string, ScopeInput][] => {
      const spec = checkName(key, keyAt, "an input", problems) ? asText(value, `inputs.${key}`, problems) : undefined;
      return spec ? [[key, { name: key, spec: spec.value, at: spec.at }]] : [];
    }),
  );
}
