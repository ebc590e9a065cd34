import type { Dims, NodeDef, ProbeResult } from "../define-node.js";
import type { BoundNode } from "./bind-nodes.js";
import { bindSpec, parseSpec } from "./port-type.js";
import type { PortSpec, PortType } from "./port-type.js";
import type { Problems } from "./problems.js";
import type { ProbedNode } from "./probe-nodes.js";
import type { Row, Size } from "./size.js";
import { messageOf, quote } from "./words.js";

/** A port with its type as written and as bound to one node's sizes. */
export interface TypedPort {
  readonly spec: PortSpec;
  readonly type: PortType;
}

/** The ports of a node, or the declared inputs of an include, with the sizes that they share. */
export interface TypedNode {
  readonly name: string;
  readonly node: BoundNode | undefined;
  readonly sizes: ReadonlyMap<string, Size>;
  readonly inputs: ReadonlyMap<string, TypedPort>;
  readonly outputs: ReadonlyMap<string, TypedPort>;
  /** Adds a size that no port names but `dims` gives. */
  readonly size: (name: string) => Size;
  readonly found: ProbeResult | undefined;
}

type MakeSize = (name: string, value?: number) => Size;

/** Gives a node's ports sizes of their own; undefined where its type's declaration is wrong, which is reported. */
export function typeNode(
  node: BoundNode & { readonly def: NodeDef },
  probed: ProbedNode | undefined,
  makeSize: MakeSize,
  problems: Problems,
): TypedNode | undefined {
  try {
    return bindPorts(node.draft.name, specsOf(node.def.inputs), specsOf(node.def.outputs), makeSize, node, probed?.found);
  } catch (error) {
    problems.add(
      "G205",
      `node ${quote(node.draft.name)}: type ${node.def.type} is declared wrongly: ${messageOf(error)}`,
      node.draft.at,
    );
    return undefined;
  }
}

/** The declared inputs of an include, as the ports of one node. */
export function typeInclude(name: string, specs: ReadonlyMap<string, PortSpec>, makeSize: MakeSize): TypedNode {
  return bindPorts(name, specs, new Map(), makeSize, undefined, undefined);
}

function specsOf(ports: NodeDef["inputs"]): Map<string, PortSpec> {
  return new Map(Object.entries(ports).map(([name, port]) => [name, parseSpec(port.spec)]));
}

function bindPorts(
  name: string,
  inputs: ReadonlyMap<string, PortSpec>,
  outputs: ReadonlyMap<string, PortSpec>,
  makeSize: MakeSize,
  node: BoundNode | undefined,
  found: ProbeResult | undefined,
): TypedNode {
  const sizes = new Map<string, Size>();
  const row: Row = { kind: "row" };
  const size = (key: string): Size => {
    const known = sizes.get(key) ?? makeSize(key);
    sizes.set(key, known);
    return known;
  };
  const number = (value: number): Size => makeSize(String(value), value);
  const bind = (specs: ReadonlyMap<string, PortSpec>): Map<string, TypedPort> =>
    new Map([...specs].map(([port, spec]) => [port, { spec, type: bindSpec(spec, specNames(spec)) }]));
  // A model without brackets says nothing of sizes, so its row is nobody else's.
  const specNames = (spec: PortSpec): { size: typeof size; number: typeof number; row: Row } => ({
    size,
    number,
    row: spec.kind === "model" && spec.axes.length === 1 ? { kind: "row" } : row,
  });
  return { name, node, sizes, inputs: bind(inputs), outputs: bind(outputs), size, found };
}

/** The sizes of a node that are numbers by now. */
export function knownSizes(typed: TypedNode, root: (size: Size) => Size): Dims {
  return Object.fromEntries(
    [...typed.sizes].flatMap(([name, size]): [string, number][] => {
      const { value } = root(size);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
