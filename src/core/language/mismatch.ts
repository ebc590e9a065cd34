import type { Problem, Span } from "../problem.js";
import { printType } from "./port-type.js";
import type { TypedPort } from "./typed-node.js";
import { quote } from "./words.js";

/** One end of an edge. */
export interface LinkEnd {
  /** Node or include. */
  readonly name: string;
  readonly portName: string;
  readonly port: TypedPort;
  readonly at: Span;
}

/** An edge whose two types must be equal. */
export interface Link {
  readonly from: LinkEnd;
  readonly to: LinkEnd;
  /** The reference in the consumer. */
  readonly at: Span;
  readonly via: readonly string[];
  /** Set where the consumer is the declared input of an included file. */
  readonly declared?: { readonly spec: string; readonly at: Span; readonly key: string };
  state: "open" | "done" | "failed";
}

/** Both ends of an edge in words, with the sizes known now: take it before the ends are made equal. */
export function describeMismatch(
  link: Link,
  produced = printType(link.from.port.type),
  expected = printType(link.to.port.type),
): { readonly ends: string; readonly notes: NonNullable<Problem["notes"]> } {
  const { from, to, declared } = link;
  const what = declared ? "include" : "node";
  return {
    ends: `${what} ${quote(to.name)}, input ${quote(to.portName)}: produces ${produced}, expects ${expected}`,
    notes: [
      { message: `${quote(`${from.name}.${from.portName}`)} is produced here`, at: from.at },
      ...(declared ? [{ message: `${declared.spec} is declared here`, at: declared.at }] : []),
    ],
  };
}

/** What to do about two ends of different sizes. */
export function cureSizes({ from, to, declared }: Link): string {
  const other = declared ? "the declared type" : quote(to.name);
  return `change the params of ${quote(from.name)} or ${other} so that both agree, or connect another output`;
}
