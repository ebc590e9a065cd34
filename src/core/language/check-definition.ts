import { z } from "zod";
import { nodeName } from "./fields.js";
import { parseSpec } from "./port-type.js";
import { either, messageOf, nearest, quote } from "./words.js";

/** The functions that a node of each kind must have. */
const functions: Readonly<Record<string, readonly string[]>> = {
  source: ["open"],
  map: ["run"],
  model: ["weights", "apply"],
  optimizer: ["create"],
  reducer: ["start"],
  sink: ["open"],
};

const shared = [
  "kind",
  "type",
  "version",
  "note",
  "inputs",
  "outputs",
  "params",
  "dims",
  "probe",
  "flops",
  "activations",
  "largest",
];
const known = [...new Set([...shared, ...Object.values(functions).flat(), "evaluations", "nullLabel", "key"])];

/** What is wrong with a value that should be a node definition, each mistake with its cure; nothing where it is one. */
export function checkDefinition(def: Readonly<Record<string, unknown>>): string[] {
  const { kind, type, version, note, params } = def;
  const found: string[] = [];
  if (typeof type !== "string" || !/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/.test(type))
    found.push(`type is ${show(type)}; write family.snake_name, for example "flow.my_noise"`);
  if (typeof kind !== "string" || !Object.hasOwn(functions, kind)) {
    const near = typeof kind === "string" ? nearest(kind, Object.keys(functions)) : [];
    found.push(
      `kind is ${show(kind)}; ${near.length > 0 ? `did you mean ${either(near)}?` : `write ${either(Object.keys(functions))}`}`,
    );
  } else {
    for (const name of functions[kind] ?? [])
      if (typeof def[name] !== "function") found.push(`a ${kind} needs the function ${name}, got ${show(def[name])}`);
    if (kind === "source") found.push(...noPorts(def, "inputs", kind));
    if (kind === "reducer" || kind === "sink") found.push(...noPorts(def, "outputs", kind));
  }
  if (version !== undefined && !(Number.isInteger(version) && Number(version) >= 1))
    found.push(`version is ${show(version)}; write a whole number of at least 1, or leave it out`);
  if (typeof note !== "string" || note === "") found.push(`note is ${show(note)}; say in one sentence what the node does`);
  found.push(...checkPorts(def, "inputs"), ...checkPorts(def, "outputs"));
  if (!(params instanceof z.ZodObject))
    found.push(`params is ${showSchema(params)}; write z.object({ … }) with the z of raegraph`);
  for (const key of Object.keys(def)) {
    const near = known.includes(key) ? [] : nearest(key, known);
    if (near.length > 0) found.push(`unknown key ${quote(key)}; did you mean ${either(near)}?`);
  }
  return found;
}

/** What is wrong with a value that should be a backend. */
export function checkBackend(backend: Readonly<Record<string, unknown>>): string[] {
  const { id, note, precisions, probe, open } = backend;
  const names: readonly unknown[] = Array.isArray(precisions) ? precisions : [];
  return [
    ...(typeof id === "string" && /^[a-z][\w-]*$/.test(id) && id !== "auto"
      ? []
      : [`id is ${show(id)}; write a name in small letters`]),
    ...(typeof note === "string" && note !== "" ? [] : [`note is ${show(note)}; say in one sentence what it is`]),
    ...(names.length > 0 && names.every((name) => ["fp32", "bf16", "f16"].includes(String(name)))
      ? []
      : [`precisions is ${show(precisions)}; list "fp32", "bf16" or "f16", the default first`]),
    ...(typeof probe === "function" ? [] : [`it needs the function probe, got ${show(probe)}`]),
    ...(typeof open === "function" ? [] : [`it needs the function open, got ${show(open)}`]),
  ];
}

/** What is wrong with a value that should be an op's definition. */
export function checkOp(def: Readonly<Record<string, unknown>>): string[] {
  const { kernel, inputs, expand, grad } = def;
  return [
    ...(typeof kernel === "string" && /^[A-Z]\w*$/.test(kernel) ? [] : [`kernel is ${show(kernel)}; write a name like "MyNorm"`]),
    ...(Array.isArray(inputs) ? [] : [`inputs is ${show(inputs)}; list the names of its inputs`]),
    ...(typeof expand === "function" ? [] : [`it needs the function expand, got ${show(expand)}`]),
    ...(typeof grad === "function"
      ? []
      : [`it needs the function grad, got ${show(grad)}: an op without a gradient is not accepted`]),
  ];
}

function checkPorts(def: Readonly<Record<string, unknown>>, side: "inputs" | "outputs"): string[] {
  const ports = def[side];
  if (typeof ports !== "object" || ports === null)
    return [`${side} is ${show(ports)}; write { name: tensor("f32[B,...]") }, or {}`];
  return Object.entries(ports as Readonly<Record<string, unknown>>).flatMap(([name, port]) => {
    const what = `${side}.${name}`;
    if (!nodeName.test(name) || name.includes("/")) return [`${what}: ${quote(name)} is no name for a port`];
    const spec = typeof port === "object" && port !== null && "spec" in port ? port.spec : undefined;
    if (typeof spec !== "string")
      return [`${what} is ${show(port)}; write tensor("f32[B,...]"), model("[h,w,C]"), weights() or record()`];
    try {
      parseSpec(spec);
      return [];
    } catch (error) {
      return [`${what}: ${messageOf(error)}`];
    }
  });
}

function noPorts(def: Readonly<Record<string, unknown>>, side: "inputs" | "outputs", kind: string): string[] {
  const ports = def[side];
  const names = typeof ports === "object" && ports !== null ? Object.keys(ports) : [];
  return names.length > 0 ? [`a ${kind} has no ${side}, this one declares ${names.map(quote).join(", ")}`] : [];
}

/** Schemas of zod before version 4 look alike and do not work here. */
function showSchema(value: unknown): string {
  if (typeof value !== "object" || value === null) return show(value);
  if ("_zod" in value) return "another schema of zod than an object";
  return "_def" in value ? "a schema of an older zod" : show(value);
}

function show(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "string") return quote(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
