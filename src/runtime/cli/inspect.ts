import { z } from "zod";
import type { NodeDef, Ports } from "../../core/define-node.js";
import { nearNames } from "../../core/near-names.js";
import { builtinNodes } from "../../nodes/index.js";
import { readPlugins } from "../plugins/read-plugins.js";
import { exitCodes } from "./exit-codes.js";
import { reportProblems } from "./report-problems.js";
import { table } from "../text.js";

/** `graph inspect`: the list of node types, or all about one. */
export async function inspectVerb(type: string | undefined, options: InspectOptions): Promise<number> {
  const plugins = await readPlugins(options.plugin ?? []).catch((error: unknown) => reportProblems(error, options));
  if (typeof plugins === "number") return plugins;
  const nodes = [...builtinNodes, ...plugins.flatMap((plugin) => plugin.nodes)].sort((a, b) => (a.type < b.type ? -1 : 1));
  if (type === undefined) {
    print(options.json ? JSON.stringify(nodes.map(describe), undefined, 2) : listing(nodes));
    return exitCodes.ok;
  }
  const def = nodes.find((node) => node.type === type);
  if (!def) {
    const near = nearNames(
      type,
      nodes.map((node) => node.type),
    );
    process.stderr.write(
      `graph: unknown node type "${type}"${near.length > 0 ? `; did you mean ${near.map((name) => `"${name}"`).join(" or ")}?` : ""}\n`,
    );
    return exitCodes.usage;
  }
  print(options.json ? JSON.stringify(describe(def), undefined, 2) : details(def));
  return exitCodes.ok;
}

interface InspectOptions {
  readonly json?: boolean;
  readonly plugin?: readonly string[];
}

interface ParamInfo {
  readonly name: string;
  readonly type: string;
  readonly default: string;
  readonly doc: string;
}

function listing(nodes: readonly NodeDef[]): string {
  const families = [...new Set(nodes.map((node) => node.type.split(".")[0] ?? ""))];
  const sections = families.map((family) => {
    const rows = nodes.filter((node) => node.type.startsWith(`${family}.`)).map((node) => [node.type, node.kind, node.note]);
    return `${family}\n${table(rows)}`;
  });
  return `${sections.join("\n\n")}\n\ngraph inspect TYPE shows ports and params.`;
}

function details(def: NodeDef): string {
  const params = paramInfos(def).map((param) => [param.name, param.type, param.default, param.doc]);
  return [
    `${def.type} (${def.kind}, version ${def.version ?? 1})`,
    `  ${def.note}`,
    ...section("inputs", portRows(def.inputs)),
    ...section("outputs", portRows(def.outputs)),
    ...section("params", params),
    `\nexample\n${example(def)}`,
  ].join("\n");
}

function section(title: string, rows: string[][]): string[] {
  return rows.length > 0 ? [`\n${title}\n${table(rows)}`] : [];
}

function portRows(ports: Ports): string[][] {
  return Object.entries(ports).map(([name, port]) => [name, port.spec, port.optional ? "optional" : "", port.note ?? ""]);
}

function describe(def: NodeDef): object {
  const ports = (all: Ports): object[] =>
    Object.entries(all).map(([name, { spec, optional, note }]) => ({ name, type: spec, optional, note }));
  return {
    type: def.type,
    kind: def.kind,
    version: def.version ?? 1,
    note: def.note,
    inputs: ports(def.inputs),
    outputs: ports(def.outputs),
    params: z.toJSONSchema(def.params, { io: "input" }),
  };
}

/** Name, type with range, default and doc of each param, from the schema itself. */
export function paramInfos(def: NodeDef): ParamInfo[] {
  const schema = z.toJSONSchema(def.params, { io: "input" }) as { properties?: Record<string, JsonSchema>; required?: string[] };
  return Object.entries(schema.properties ?? {}).map(([name, param]) => ({
    name,
    type: typeText(param),
    default:
      param.default === undefined ? (schema.required?.includes(name) ? "required" : "optional") : JSON.stringify(param.default),
    doc: param.description ?? "",
  }));
}

interface JsonSchema {
  readonly type?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

function typeText(schema: JsonSchema): string {
  if (schema.anyOf) return schema.anyOf.map(typeText).join(" | ");
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.const !== undefined) return String(schema.const);
  if (schema.prefixItems) return `[${schema.prefixItems.map(typeText).join(", ")}]`;
  if (schema.type === "array") return `list of ${schema.items ? typeText(schema.items) : "values"}`;
  return `${schema.type ?? "value"}${rangeText(schema)}`;
}

function rangeText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const low = exclusiveMinimum !== undefined ? ` > ${exclusiveMinimum}` : realBound(minimum) ? ` >= ${minimum}` : "";
  const high = exclusiveMaximum !== undefined ? ` < ${exclusiveMaximum}` : realBound(maximum) ? ` <= ${maximum}` : "";
  return `${low}${low && high ? "," : ""}${high}`;
}

/** Schemas of whole numbers carry the bounds of exact doubles, which say nothing. */
function realBound(bound: number | undefined): boolean {
  return bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
}

/** A node of this type as a line of a graph. */
export function example(def: NodeDef): string {
  const wires = Object.entries(def.inputs).map(
    ([name, port]) => `${name}: ${port.kind === "tensor" ? "node.port" : `node.${port.kind}`}`,
  );
  const required = paramInfos(def)
    .filter((param) => param.default === "required")
    .map((param) => `${param.name}: …`);
  const parts = [
    `type: ${def.type}`,
    ...(required.length > 0 ? [`params: { ${required.join(", ")} }`] : []),
    ...(wires.length > 0 ? [`in: { ${wires.join(", ")} }`] : []),
  ];
  return `  ${def.type.split(".")[1] ?? "node"}: { ${parts.join(", ")} }`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
