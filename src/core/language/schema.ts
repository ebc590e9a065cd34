import { z } from "zod";

type Schema = z.core.$ZodType;

/** A param's schema without optional, default, nullable and the like around it. */
export function unwrap(schema: Schema): Schema {
  let inner = schema;
  for (;;) {
    const { def } = inner._zod as { def: { type: string; innerType?: Schema; in?: Schema } };
    const next = def.innerType ?? (def.type === "pipe" ? def.in : undefined);
    if (!next) return inner;
    inner = next;
  }
}

/** True where the schema, or one inside its wrapping, is marked by `path()`. */
export function isPath(schema: Schema): boolean {
  return isMarked(schema, "path");
}

/** True where the schema, or one inside its wrapping, is marked by `readPath()`. */
export function isRead(schema: Schema): boolean {
  return isMarked(schema, "read");
}

/** True where the schema, or one inside its wrapping, is marked by `configFile()`. */
export function isConfig(schema: Schema): boolean {
  return isMarked(schema, "config");
}

function isMarked(schema: Schema, mark: string): boolean {
  for (let inner: Schema = schema; ;) {
    if (z.globalRegistry.get(inner)?.[mark] === true) return true;
    const { innerType } = (inner._zod as { def: { innerType?: Schema } }).def;
    if (!innerType) return false;
    inner = innerType;
  }
}

/** The schemas of a map's keys, and whether other keys are refused; undefined for a schema that is no such map. */
export function shapeOf(
  schema: Schema,
): { readonly shape: Readonly<Record<string, Schema>>; readonly open: boolean } | undefined {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodObject)) return undefined;
  const { shape, catchall } = inner._zod.def;
  return { shape, open: catchall !== undefined && !(catchall instanceof z.ZodNever) };
}

/** The schema of a list's item. */
export function itemOf(schema: Schema, index: number): Schema | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray) return inner._zod.def.element;
  if (inner instanceof z.ZodTuple) return inner._zod.def.items[index] ?? inner._zod.def.rest ?? undefined;
  return undefined;
}

/** The schema of one key of a map. */
export function keyOf(schema: Schema, key: string): Schema | undefined {
  const shape = shapeOf(schema)?.shape;
  if (shape && Object.hasOwn(shape, key)) return shape[key];
  const inner = unwrap(schema);
  return inner instanceof z.ZodRecord ? inner._zod.def.valueType : undefined;
}

/** The schema at the end of a path of keys and indices. */
export function schemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | undefined {
  let inner: Schema | undefined = schema;
  for (const step of path) inner = inner && (typeof step === "number" ? itemOf(inner, step) : keyOf(inner, String(step)));
  return inner;
}

/** What a schema takes, in words: `a whole number of at least 1`, `"euler" or "heun"`. Undefined where words would mislead. */
export function describe(schema: Schema): string | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodNumber) return describeNumber(inner);
  if (inner instanceof z.ZodString) return isPath(schema) ? "a path" : "a text";
  if (inner instanceof z.ZodBoolean) return "true or false";
  if (inner instanceof z.ZodEnum) return alternatives(inner.options.map((option) => JSON.stringify(option)));
  if (inner instanceof z.ZodLiteral) return alternatives([...inner.values].map((value) => JSON.stringify(value) ?? "nothing"));
  if (inner instanceof z.ZodObject || inner instanceof z.ZodRecord) return "a map";
  if (inner instanceof z.ZodTuple) return `a list of ${inner._zod.def.items.length}${inner._zod.def.rest ? " or more" : ""}`;
  if (inner instanceof z.ZodArray) return "a list";
  if (inner instanceof z.ZodUnion) {
    const options = inner.options.map(describe);
    return options.every((option) => option !== undefined) ? alternatives(options) : undefined;
  }
  return undefined;
}

function describeNumber(schema: z.ZodNumber): string {
  const { type, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = z.toJSONSchema(schema, { io: "input" });
  const kind = type === "integer" ? "a whole number" : "a number";
  if (isBound(minimum) && isBound(maximum)) return `${kind} from ${minimum} to ${maximum}`;
  const bounds = [
    ...(isBound(minimum) ? [`of at least ${minimum}`] : []),
    ...(isBound(exclusiveMinimum) ? [`above ${exclusiveMinimum}`] : []),
    ...(isBound(maximum) ? [`of at most ${maximum}`] : []),
    ...(isBound(exclusiveMaximum) ? [`below ${exclusiveMaximum}`] : []),
  ];
  return [kind, bounds.join(" and ")].filter(Boolean).join(" ");
}

/** Schemas of whole numbers carry the bounds of exact doubles, which say nothing. */
function isBound(bound: number | boolean | undefined): bound is number {
  return typeof bound === "number" && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
}

function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}
