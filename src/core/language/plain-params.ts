import type { z } from "zod";
import type { Span } from "../problem.js";
import { isText } from "./fields.js";
import { isPath, itemOf, keyOf, shapeOf } from "./schema.js";
import type { Table, Value } from "./value.js";

/** Params as plain data: paths absolute, keys that the schema does not know taken out. */
export interface PlainParams {
  readonly data: Readonly<Record<string, unknown>>;
  readonly unknown: readonly UnknownParam[];
  /** Every path with its place, for problems that name one. */
  readonly paths: readonly { readonly path: string; readonly at: Span }[];
}

/** A key that no schema knows, and those that it could be. */
export interface UnknownParam {
  readonly key: string;
  readonly at: Span;
  readonly parents: readonly PropertyKey[];
  readonly known: readonly string[];
}

/** Turns params into plain data, along their schema. `resolve` makes a path absolute, given the file in which it is written. */
export function plainParams(
  params: Table,
  schema: z.ZodObject,
  resolve: (fromFile: string, path: string) => string,
): PlainParams {
  const unknown: UnknownParam[] = [];
  const paths: { path: string; at: Span }[] = [];

  const convert = (value: Value, inner: z.core.$ZodType | undefined, parents: readonly PropertyKey[]): unknown => {
    if (value.kind === "list") return value.items.map((item, i) => convert(item, inner && itemOf(inner, i), [...parents, i]));
    if (value.kind === "table") return convertTable(value, inner, parents);
    if (value.kind === "broken") return undefined;
    if (!inner || !isText(value) || value.value === "" || !isPath(inner)) return value.value;
    const path = resolve((value.origin ?? value.at).file, value.value);
    paths.push({ path, at: value.at });
    return path;
  };

  const convertTable = (
    table: Table,
    inner: z.core.$ZodType | undefined,
    parents: readonly PropertyKey[],
  ): Record<string, unknown> => {
    const shape = inner && shapeOf(inner);
    const strict = shape && !shape.open;
    const entries = table.entries.flatMap(({ key, keyAt, value }): [string, unknown][] => {
      if (!strict || Object.hasOwn(shape.shape, key))
        return [[key, convert(value, inner && keyOf(inner, key), [...parents, key])]];
      unknown.push({ key, at: keyAt, parents, known: Object.keys(shape.shape) });
      return [];
    });
    return Object.fromEntries(entries);
  };

  return { data: convertTable(params, schema, []), unknown, paths };
}
