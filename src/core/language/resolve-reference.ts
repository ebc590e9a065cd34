import type { NodeDef } from "../define-node.js";
import type { Span } from "../problem.js";
import type { BoundNode } from "./bind-nodes.js";
import { silent } from "./problems.js";
import type { Problems } from "./problems.js";
import { parseReference } from "./reference.js";
import type { ReferenceText } from "./reference.js";
import type { Scope, Wire } from "./scope.js";
import { listing, quote, suggest } from "./words.js";

/** The output that a reference means, through all includes. */
export interface Producer {
  readonly node: BoundNode & { readonly def: NodeDef };
  readonly port: string;
  readonly variant?: "ema";
  /** Inputs of included files on the way, as `outer/inputs.x`. */
  readonly via: readonly string[];
}

/** What resolving looks things up in, and where it reports. */
export interface Lookup {
  readonly nodes: ReadonlyMap<string, BoundNode>;
  readonly problems: Problems;
  /** Takes circles of references, which only a whole walk shows; each other mistake is told where it stands. */
  readonly circles: Problems;
  /** The members of circles told so far. */
  readonly told: Set<string>;
}

/** The output that a wire means in a scope; undefined where there is none, reported here or before. */
export function resolveReference(scope: Scope, wire: Wire, lookup: Lookup, via: readonly string[] = []): Producer | undefined {
  if (wire.ref === undefined) return undefined;
  const { at } = wire;
  const { problems, nodes } = lookup;
  const ref = parseReference(wire.ref);
  if (!ref || (ref.variant !== undefined && ref.port === undefined && ref.node === "inputs")) {
    problems.add("G309", `${quote(wire.ref)} is no reference`, at, { cure: "write node.port, or node where it has one output" });
    return undefined;
  }
  if (ref.node === "inputs") return withVariant(resolveInput(scope, ref, at, lookup, via), ref, at, problems);
  const member = scope.members.get(ref.node);
  if (!member) {
    const extras = suggest(
      ref.node,
      scope.members.keys(),
      scope.members.size > 0 ? `there are ${listing([...scope.members.keys()])}` : undefined,
    );
    problems.add("G301", `no node ${quote(ref.node)}`, at, extras);
    return undefined;
  }
  if (member.kind === "include") {
    const { inner } = member;
    const port = inner && choosePort(ref, "include", [...inner.outputs.keys()], at, problems);
    const output = port === undefined ? undefined : inner?.outputs.get(port);
    const key = `${member.name}.${port}`;
    if (!inner || !output || isCircle(key, via, at, lookup)) return undefined;
    // The output itself is checked once, where it is declared.
    return withVariant(resolveReference(inner, output, { ...lookup, problems: silent }, [...via, key]), ref, at, problems);
  }
  const node = nodes.get(member.name);
  const def = node?.def;
  const port = def && choosePort(ref, "node", Object.keys(def.outputs), at, problems, def.type);
  if (port === undefined || !node || !def) return undefined;
  return withVariant({ node: { ...node, def }, port, via }, ref, at, problems);
}

/** What an included file's `inputs.x` means: the reference that it is given outside. */
function resolveInput(
  scope: Scope,
  { port }: ReferenceText,
  at: Span,
  lookup: Lookup,
  via: readonly string[],
): Producer | undefined {
  const { inputs, outer } = scope;
  const { problems } = lookup;
  if (!inputs || !outer) {
    problems.add("G301", `no node "inputs": only an included file has inputs`, at);
    return undefined;
  }
  if (port === undefined || !inputs.has(port)) {
    const cure =
      inputs.size > 0 ? `its inputs: ${listing([...inputs.keys()])}` : `declare it: inputs: { ${port ?? "x"}: "f32[B,...]" }`;
    problems.add(
      "G302",
      port === undefined ? `"inputs" alone does not say which one` : `no input ${quote(port)}`,
      at,
      suggest(port ?? "", inputs.keys(), cure),
    );
    return undefined;
  }
  const given = scope.given.get(port);
  const key = inputKey(scope, port);
  if (!given || isCircle(key, via, at, lookup)) return undefined;
  return resolveReference(outer, given, { ...lookup, problems: silent }, [...via, key]);
}

/** True, and reported, where a walk comes back to where it was: inputs and outputs of includes that only mean each other. */
function isCircle(key: string, via: readonly string[], at: Span, { circles, told }: Lookup): boolean {
  if (!via.includes(key)) return false;
  const path = [...via.slice(via.indexOf(key)), key];
  if (!path.some((member) => told.has(member)))
    circles.add("G307", `references mean each other in a circle: ${path.join(" -> ")}`, at, {
      cure: "let one of them name a node",
    });
  for (const member of path) told.add(member);
  return true;
}

/** The name under which an included file's input stands in `via`. */
export function inputKey(scope: Scope, port: string): string {
  return `${scope.prefix}inputs.${port}`;
}

function choosePort(
  ref: ReferenceText,
  kind: string,
  outputs: readonly string[],
  at: Span,
  problems: Problems,
  type?: string,
): string | undefined {
  const what = `${kind} ${quote(ref.node)}${type === undefined ? "" : ` (${type})`}`;
  const [only] = outputs;
  if (ref.port === undefined) {
    if (only !== undefined && outputs.length === 1) return only;
    if (only === undefined) problems.add("G302", `${what} has no outputs`, at);
    else
      problems.add("G309", `${quote(ref.node)} alone does not say which output of ${what} it means`, at, {
        cure: `write ${listing(outputs.map((port) => `${ref.node}.${port}`)).replace(" and ", " or ")}`,
      });
    return undefined;
  }
  if (outputs.includes(ref.port)) return ref.port;
  const cure = only === undefined ? "it has none" : `its outputs: ${listing(outputs)}`;
  problems.add("G302", `${what} has no output ${quote(ref.port)}`, at, suggest(ref.port, outputs, cure));
  return undefined;
}

function withVariant(
  producer: Producer | undefined,
  { variant }: ReferenceText,
  at: Span,
  problems: Problems,
): Producer | undefined {
  if (!producer || variant === undefined) return producer;
  if (variant !== "ema") {
    problems.add("G308", `unknown variant ${quote(`@${variant}`)}`, at, { cure: `the only one is "@ema", the averaged weights` });
    return undefined;
  }
  const port = producer.node.def.outputs[producer.port];
  if (port?.kind === "model" || port?.kind === "weights") return { ...producer, variant };
  const name = `${producer.node.draft.name}.${producer.port}`;
  problems.add("G308", `"@ema" stands on a model or its weights; ${quote(name)} is ${port?.spec ?? "neither"}`, at, {
    cure: `remove "@ema"`,
  });
  return undefined;
}
