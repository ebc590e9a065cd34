import type { Dims } from "../define-node.js";
import type { Span } from "../problem.js";
import { cureSizes, describeMismatch } from "./mismatch.js";
import type { Link } from "./mismatch.js";
import { printType } from "./port-type.js";
import type { PortSpec, PortType } from "./port-type.js";
import type { Problems } from "./problems.js";
import { isRow, rootOf } from "./size.js";
import type { TypedNode, TypedPort } from "./typed-node.js";
import { quote } from "./words.js";

/** Reports that a node's sizes do not go with its params, at the param that the message names, else at its params. */
export function reportSizes({ name, node }: TypedNode, message: string, problems: Problems): void {
  problems.add(
    "G310",
    `node ${quote(name)}: ${message}`,
    node && placeOf(node.draft.params?.entries ?? [], message, node.draft.params?.at, node.draft.at),
  );
}

function placeOf(
  entries: readonly { key: string; value: { at: Span } }[],
  message: string,
  params: Span | undefined,
  node: Span,
): Span {
  const named = entries.find(({ key }) => new RegExp(`(^|\\W)${key.replace(/\W/g, "\\$&")}(\\W|$)`).test(message));
  return named?.value.at ?? (entries.length > 0 && params ? params : node);
}

/**
 * Reports a size that a node's own params decide otherwise than its edges did: at the edge into a port that has the size, else at an
 * edge out of one, else at the params.
 */
export function reportSizeConflict(
  typed: TypedNode,
  wrong: { readonly name: string; readonly value: number },
  given: Partial<Dims>,
  edges: { readonly reading: readonly Link[]; readonly leaving: readonly Link[] },
  problems: Problems,
): void {
  const known = rootOf(typed.size(wrong.name)).value;
  const names = ({ spec }: TypedPort): boolean => spec.axes.includes(wrong.name);
  const own = ({ spec, type }: TypedPort): string => printType(withSizes(spec, type, given));
  const difference = (port: TypedPort, first: number | undefined, second: number | undefined): string =>
    `size ${port.spec.axes.indexOf(wrong.name) + 1} differs (${first} and ${second})`;
  const incoming = edges.reading.find((link) => link.state === "done" && names(link.to.port));
  const outgoing = edges.leaving.find((link) => link.state === "done" && names(link.from.port));
  const link = incoming ?? outgoing;
  if (!link) {
    reportSizes(typed, `its params give ${wrong.name} = ${wrong.value}, and it is ${known}`, problems);
    return;
  }
  link.state = "failed";
  const { ends, notes } = incoming
    ? describeMismatch(link, undefined, own(link.to.port))
    : describeMismatch(link, own(link.from.port));
  const why = incoming ? difference(link.to.port, known, wrong.value) : difference(link.from.port, wrong.value, known);
  problems.add("G306", `${ends}: ${why}`, link.at, { notes, cure: cureSizes(link) });
}

/** A type with some of its sizes as a node's params have them. */
function withSizes(spec: PortSpec, type: PortType, given: Partial<Dims>): PortType {
  const axes = spec.axes.map((axis, i) => {
    const value = typeof axis === "string" ? given[axis] : undefined;
    const bound = type.axes[i] ?? { kind: "row" as const };
    return value === undefined || isRow(bound) ? bound : { name: String(axis), order: 0, value };
  });
  return { ...type, axes };
}
