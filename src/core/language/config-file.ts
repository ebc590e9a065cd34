import type { z } from "zod";
import type { Span } from "../problem.js";
import type { Problems } from "./problems.js";
import type { PlainParams } from "./plain-params.js";
import { isConfig, isPath, shapeOf } from "./schema.js";
import { messageOf, quote } from "./words.js";

/** Params with those of their configuration file filled in; `file` says where a key came from that the graph did not give. */
export interface ConfiguredParams {
  readonly data: PlainParams["data"];
  readonly file?: { readonly path: string; readonly at: Span; readonly keys: ReadonlySet<string> };
}

/** Parts of published configurations in which a model's own params stand. */
const parts = ["config", "params", "vision_config", "model"];

/**
 * Reads the file that a param made by `configFile()` names and fills in every param that the graph leaves out and the file has, at its top or
 * in one of its usual parts; `config.json#guide` looks into the part `guide` alone. The file's other keys are not looked at. The param
 * itself is taken out: the values stand for it.
 */
export async function withConfig(
  { data, paths }: PlainParams,
  schema: z.ZodObject,
  read: (path: string) => Promise<string>,
  node: { readonly name: string; readonly at: Span },
  problems: Problems,
): Promise<ConfiguredParams> {
  const shape = shapeOf(schema)?.shape ?? {};
  const param = Object.keys(shape).find((key) => shape[key] && isConfig(shape[key]));
  const path = param === undefined ? undefined : data[param];
  if (param === undefined || typeof path !== "string") return { data };
  const at = paths.find((known) => known.path === path)?.at ?? node.at;
  const given = Object.fromEntries(Object.entries(data).filter(([key]) => key !== param));
  try {
    const found = chosen(await levelsOf(path, read), shape, given);
    return { data: { ...found, ...given }, file: { path, at, keys: new Set(Object.keys(found)) } };
  } catch (error) {
    problems.add("G403", `node ${quote(node.name)}: ${path}: ${messageOf(error)}`, at, {
      cure: "give a model's config.json, or leave it out and set the params here",
    });
    return { data: given };
  }
}

type Entries = Readonly<Record<string, unknown>>;

async function levelsOf(path: string, read: (path: string) => Promise<string>): Promise<Entries[]> {
  const [file = "", part] = path.split(/#(?=[^#/\\]*$)/);
  const config = parseMap(await read(file));
  if (part === undefined) return [config, ...parts.map((name) => config[name]).filter(isMap)];
  const one = config[part];
  if (isMap(one)) return [one];
  throw new Error(
    `it has no part ${quote(part)}; its parts are ${
      Object.keys(config)
        .filter((key) => isMap(config[key]))
        .join(", ") || "none"
    }`,
  );
}

function chosen(levels: readonly Entries[], shape: Readonly<Record<string, z.core.$ZodType>>, given: Entries): Entries {
  // Files are the graph's to name, not the configuration's.
  const fits = (key: string): boolean => shape[key] !== undefined && Object.hasOwn(shape, key) && !isPath(shape[key]);
  const known = levels.flatMap((level) => Object.entries(level)).filter(([key, value]) => fits(key) && value !== null);
  return Object.fromEntries(known.filter(([key]) => !Object.hasOwn(given, key)));
}

function parseMap(text: string): Entries {
  const value: unknown = JSON.parse(text);
  if (!isMap(value)) throw new Error("expected a JSON object");
  return value;
}

function isMap(value: unknown): value is Entries {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
