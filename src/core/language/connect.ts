import type { Span } from "../problem.js";
import type { BoundNode } from "./bind-nodes.js";
import type { Problems } from "./problems.js";
import { inputKey, resolveReference } from "./resolve-reference.js";
import type { Lookup, Producer } from "./resolve-reference.js";
import type { IncludeDraft, Wire } from "./scope.js";
import { listing, quote, suggest } from "./words.js";

/** An input and the output that it reads. */
export interface Connection extends Producer {
  /** The consumer's place: the reference in the file. */
  readonly at: Span;
  /** Name of the consuming node or, for a declared input of an included file, of the include. */
  readonly to: string;
  readonly toPort: string;
  /** Set for a declared input of an included file: its type and where it stands. */
  readonly declared?: { readonly spec: string; readonly at: Span; readonly key: string };
}

/** Resolves every reference of the flat graph: of nodes' inputs, of includes' inputs, and of included files' outputs. */
export function connect(nodes: readonly BoundNode[], includes: readonly IncludeDraft[], problems: Problems): Connection[] {
  const lookup: Lookup = {
    nodes: new Map(nodes.map((node) => [node.draft.name, node])),
    problems,
    circles: problems,
    told: new Set(),
  };
  const given = includes.flatMap((include) => include.wires.flatMap((wire) => connectInclude(include, wire, lookup)));
  for (const { inner } of includes)
    for (const wire of inner?.outputs.values() ?? []) if (inner) resolveReference(inner, wire, lookup);
  const wired = nodes.flatMap((node) => node.draft.wires.flatMap((wire) => connectNode(node, wire, lookup)));
  return [...given, ...wired];
}

function connectNode(node: BoundNode, wire: Wire, lookup: Lookup): Connection[] {
  const { draft, def } = node;
  const known = !def || Object.hasOwn(def.inputs, wire.port);
  if (!known) {
    const inputs = Object.keys(def.inputs);
    const cure = inputs.length > 0 ? `its inputs: ${listing(inputs)}` : "it takes none";
    lookup.problems.add(
      "G302",
      `node ${quote(draft.name)} (${def.type}) has no input ${quote(wire.port)}`,
      wire.portAt,
      suggest(wire.port, inputs, cure),
    );
  }
  const producer = resolveReference(draft.scope, wire, lookup);
  return producer && def && known ? [{ ...producer, at: wire.at, to: draft.name, toPort: wire.port }] : [];
}

function connectInclude(include: IncludeDraft, wire: Wire, lookup: Lookup): Connection[] {
  const producer = resolveReference(include.scope, wire, lookup);
  const declared = include.inner?.inputs?.get(wire.port);
  if (!producer || !declared || !include.inner) return [];
  const key = inputKey(include.inner, wire.port);
  return [
    { ...producer, at: wire.at, to: include.name, toPort: wire.port, declared: { spec: declared.spec, at: declared.at, key } },
  ];
}
