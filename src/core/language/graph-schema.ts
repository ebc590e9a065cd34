import { z } from "zod";
import type { NodeDef } from "../define-node.js";
import { reportSchema } from "../experiment.js";

/** JSON Schema as far as this file makes it. */
export type JsonSchema = { readonly [key: string]: unknown };

/**
 * JSON Schema (draft 7) of graph files and of files that they include, for editors: completion, hover texts and early mistakes. Any value
 * may also be a `${vars.x}`, so what it accepts is wider than what the checker does.
 */
export function graphSchema(nodes: readonly NodeDef[]): JsonSchema {
  const types = nodes.map((def) => ({ const: def.type, description: def.note }));
  const versioned = { type: "string", pattern: "^[\\w.]+@\\d+$", description: "a type of a certain version" };
  const node = {
    type: "object",
    properties: {
      type: { anyOf: [{ oneOf: types }, versioned], description: "node type; `graph inspect` lists them" },
      use: { type: "string", description: "another graph file to put in here, relative to this one" },
      vars: { type: "object", description: "values for the variables of the file in `use`" },
      again: {
        type: "string",
        description: "a model, or an included file, to use once more with the same weights; @ema for the averaged ones",
      },
      from: count(0, "training steps of a phase that pass before it takes part"),
      updates: count(1, "updates that an optimizer makes in a step, each of a loss computed anew"),
      params: { type: "object" },
      in: { type: "object", additionalProperties: reference },
      cache: {
        const: "disk",
        description: "keep the results on disk, by what they are computed from; for pure nodes such as frozen encoders",
      },
      note: { type: "string" },
    },
    additionalProperties: false,
    allOf: nodes.map((def) => ({
      if: { properties: { type: { pattern: `^${def.type.replaceAll(".", "\\.")}(@\\d+)?$` } }, required: ["type"] },
      then: { properties: { params: paramsSchema(def), in: inputsSchema(def) } },
    })),
  };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "raegraph graph",
    type: "object",
    properties: {
      name: { type: "string", description: "the graph's name, also of its run folders" },
      note: { type: "string" },
      seed: { type: "integer", minimum: 0, description: "seed of all random numbers" },
      vars: { type: "object", description: "numbers, texts and lists used as ${vars.name}" },
      plugins: { type: "array", items: { type: "string" }, description: "files or packages with more node types" },
      inputs: { type: "object", additionalProperties: { type: "string" }, description: "typed inputs of an included file" },
      outputs: { type: "object", additionalProperties: reference, description: "what an included file gives" },
      nodes: { type: "object", additionalProperties: node },
      expect: { type: "object", additionalProperties: contract, description: "what edges promise in every step, by node.port" },
      phases: { type: "object", additionalProperties: phase },
      sweep,
      report: { ...partSchema(reportSchema), description: "what the report on the runs of the sweep says" },
    },
    required: ["nodes"],
    additionalProperties: false,
  };
}

const variable = { type: "string", pattern: "\\$\\{" };
const reference = { type: "string", description: "node.port, or node.port@ema for averaged weights" };
const count = (minimum: number, description: string): JsonSchema => ({
  anyOf: [{ type: "integer", minimum }, variable],
  description,
});

const phase = {
  type: "object",
  properties: {
    run: { type: "array", items: { type: "string" }, description: "sinks, reducers or optimizers; what they need runs along" },
    log: {
      type: "array",
      items: reference,
      description: "outputs, as node.port, whose mean is shown and written after every training step that computes them",
    },
    steps: count(1, "batches; without it until the data ends"),
    every: count(1, "steps of the phase in `of` between two executions"),
    of: { type: "string", description: "the phase in which this one is nested" },
    before: { type: "string", description: "runs once before this phase" },
    after: { type: "string", description: "runs once after this phase" },
    checkpoint: count(0, "training steps between checkpoints; 0 writes only the last"),
    keep: count(1, "checkpoints that stay on disk"),
  },
  required: ["run"],
  additionalProperties: false,
};

const contract = {
  type: "object",
  properties: {
    finite: { type: "boolean", description: "no NaN and no infinity" },
    range: {
      type: "array",
      items: { type: "number" },
      minItems: 2,
      maxItems: 2,
      description: "the least and the largest number that may come",
    },
  },
  minProperties: 1,
  additionalProperties: false,
};

const sweep = {
  type: "object",
  properties: {
    over: {
      type: "object",
      additionalProperties: {
        anyOf: [
          { type: "array", minItems: 1 },
          { type: "object", minProperties: 1, additionalProperties: { type: "object" } },
        ],
      },
      description:
        "params as overrides spell them, each with its values, or a name with settings { small: { dit.depth: 2 } }; every combination runs",
    },
    seeds: count(1, "runs of each combination, with seeds counted up from the graph's"),
  },
  additionalProperties: false,
  description: "runs this graph many times and reports on all of them",
};

function paramsSchema(def: NodeDef): JsonSchema {
  const schema = partSchema(def.params);
  return { ...schema, additionalProperties: schema["additionalProperties"] ?? false };
}

function partSchema(part: z.ZodType): JsonSchema {
  const schema = z.toJSONSchema(part, { io: "input", target: "draft-7" }) as Record<string, unknown>;
  return open(Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$schema"))) as JsonSchema;
}

function inputsSchema(def: NodeDef): JsonSchema {
  const inputs = Object.entries(def.inputs).map(([name, { spec, note }]) => [
    name,
    { ...reference, description: note === undefined ? spec : `${spec}: ${note}` },
  ]);
  return { properties: Object.fromEntries(inputs), additionalProperties: false };
}

/** The same schema, where each value below the top may also be a variable. */
function open(schema: unknown, top = true): unknown {
  if (Array.isArray(schema)) return schema.map((part) => open(part, false));
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]): [string, unknown] => {
      if (key === "properties" || key === "patternProperties")
        return [key, Object.fromEntries(Object.entries(value as object).map(([name, part]) => [name, open(part, false)]))];
      return [key, ["items", "anyOf", "oneOf", "allOf", "additionalProperties"].includes(key) ? open(value, false) : value];
    }),
  );
  const { description, default: fallback, ...rest } = inner;
  if (top || !isValue(rest)) return inner;
  return {
    anyOf: [rest, variable],
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
}

/** True for a schema of something, not for a bare `{}` or `true`. */
function isValue(schema: JsonSchema): boolean {
  return ["type", "enum", "const", "anyOf", "oneOf"].some((key) => key in schema);
}
