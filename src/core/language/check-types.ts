import type { NodeDef } from "../define-node.js";
import type { BoundNode } from "./bind-nodes.js";
import type { Connection } from "./connect.js";
import { inferSizes } from "./infer-sizes.js";
import { describeMismatch } from "./mismatch.js";
import type { Link } from "./mismatch.js";
import { mayFit, parseSpec, printType } from "./port-type.js";
import type { PortSpec } from "./port-type.js";
import type { ProbedNode } from "./probe-nodes.js";
import type { Problems } from "./problems.js";
import type { IncludeDraft } from "./scope.js";
import { createSizes } from "./size.js";
import { typeInclude, typeNode } from "./typed-node.js";
import type { TypedNode } from "./typed-node.js";
import { joined, messageOf, quote } from "./words.js";

/** What type checking takes: nodes in the order of the data. */
export interface TypeInput {
  readonly ordered: readonly BoundNode[];
  readonly includes: readonly IncludeDraft[];
  readonly connections: readonly Connection[];
  readonly probed: ReadonlyMap<string, ProbedNode>;
}

/** Gives every port its type and every edge two equal ends; mistakes become problems that show both. Types by node name. */
export function checkTypes(
  { ordered, includes, connections, probed }: TypeInput,
  problems: Problems,
): ReadonlyMap<string, TypedNode> {
  const makeSize = createSizes();
  const types = new Map<string, TypedNode>();
  for (const node of ordered) {
    const typed = node.def && typeNode({ ...node, def: node.def }, probed.get(node.draft.name), makeSize, problems);
    if (typed) types.set(node.draft.name, typed);
  }
  const declared = new Map(
    includes.map((include) => [include.name, typeInclude(include.name, declaredSpecs(include, problems), makeSize)]),
  );
  const failed = new Set<string>();
  const links = connections.flatMap((connection) => {
    const link = createLink(connection, types, connection.declared ? declared : types);
    return link ? [link] : [];
  });
  const unlike = links.filter((link) => !isSameThing(link));
  for (const { declared: input } of unlike) if (input) failed.add(input.key);
  inferSizes([...types.values()], links.filter(isSameThing), failed, makeSize, problems);
  for (const link of unlike) if (!link.via.some((key) => failed.has(key))) reportUnlike(link, types, problems);
  return types;
}

function declaredSpecs({ inner }: IncludeDraft, problems: Problems): Map<string, PortSpec> {
  const specs = new Map<string, PortSpec>();
  for (const { name, spec, at } of inner?.inputs?.values() ?? []) {
    try {
      specs.set(name, parseSpec(spec));
    } catch (error) {
      problems.add("G203", `input ${quote(name)}: ${messageOf(error)}`, at);
    }
  }
  return specs;
}

function createLink(
  connection: Connection,
  types: ReadonlyMap<string, TypedNode>,
  consumers: ReadonlyMap<string, TypedNode>,
): Link | undefined {
  const { node, port: portName, to, toPort, at, via, declared } = connection;
  const from = types.get(node.draft.name)?.outputs.get(portName);
  const into = consumers.get(to)?.inputs.get(toPort);
  if (!from || !into) return undefined;
  return {
    from: { name: node.draft.name, portName, port: from, at: node.draft.at },
    to: { name: to, portName: toPort, port: into, at },
    at,
    via,
    state: "open",
    ...(declared ? { declared } : {}),
  };
}

/** True where both ends of an edge carry the same kind of thing; their sizes are another question. */
function isSameThing({ from, to }: Link): boolean {
  return from.port.type.kind === to.port.type.kind && from.port.type.dtype === to.port.type.dtype;
}

function reportUnlike(link: Link, types: ReadonlyMap<string, TypedNode>, problems: Problems): void {
  const [a, b] = [link.from.port.type, link.to.port.type];
  const { ends, notes } = describeMismatch(link);
  const why = a.kind === b.kind ? `${a.dtype} is not ${b.dtype}` : `${nouns[a.kind]} is not ${nouns[b.kind]}`;
  problems.add("G304", `${ends}: ${why}`, link.at, { notes, cure: cureOf(link, types) });
}

/** Up to four outputs that would fit instead, of nodes that stand before the consumer in the order of the data. */
function cureOf({ to }: Link, types: ReadonlyMap<string, TypedNode>): string {
  const nodes = [...types.values()];
  const before = nodes.slice(
    0,
    Math.max(
      0,
      nodes.findIndex(({ name }) => name === to.name),
    ),
  );
  const fits = before.flatMap(({ name, outputs }) =>
    [...outputs].filter(([, { type }]) => mayFit(type, to.port.type)).map(([port]) => `${name}.${port}`),
  );
  return fits.length > 0
    ? `connect ${joined(fits.slice(0, 4), "or")}`
    : `connect an output that gives ${printType(to.port.type)}`;
}

const nouns: Readonly<Record<NodeDef["outputs"][string]["kind"], string>> = {
  tensor: "a tensor",
  model: "a model",
  weights: "a set of weights",
  record: "a record",
};
