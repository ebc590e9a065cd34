import type { Dims, ProbeResult } from "../define-node.js";
import type { Problems } from "./problems.js";
import { groupBy } from "./group-by.js";
import { cureSizes, describeMismatch } from "./mismatch.js";
import type { Link } from "./mismatch.js";
import { mayFit } from "./port-type.js";
import { reportSizeConflict, reportSizes } from "./size-problems.js";
import { joinSizes, rootOf } from "./size.js";
import type { Axes, Size } from "./size.js";
import { knownSizes } from "./typed-node.js";
import type { TypedNode } from "./typed-node.js";
import { unify } from "./unify.js";
import { messageOf } from "./words.js";

type MakeSize = (name: string, value?: number) => Size;

/**
 * Finds all sizes: what params and files say, then along the edges in the order of the data, with each node's `dims` asked again
 * whenever more is known, until nothing new comes. `failed` holds declared inputs that are already told wrong. The sizes do not depend on the order; only which edge is told wrong does.
 */
export function inferSizes(
  ordered: readonly TypedNode[],
  links: readonly Link[],
  failed: Set<string>,
  makeSize: MakeSize,
  problems: Problems,
): void {
  const reading = groupBy(
    links.filter((link) => !link.declared),
    (link) => link.to.name,
  );
  const declaring = groupBy(
    links.filter((link) => link.declared),
    (link) => link.from.name,
  );
  const leaving = groupBy(links, (link) => link.from.name);
  const nodes = ordered.map((typed): Working => ({
    typed,
    reading: reading.get(typed.name) ?? [],
    leaving: leaving.get(typed.name) ?? [],
    asked: undefined,
    stopped: false,
  }));

  for (const node of nodes) {
    seed(node, makeSize, problems);
    ask(node, makeSize, problems);
  }
  const visit = (node: Working): boolean => {
    const through = node.reading.filter((link) => follow(link, failed, problems));
    const asked = node.reading.every((link) => link.state !== "failed") && ask(node, makeSize, problems);
    const declared = (declaring.get(node.typed.name) ?? []).filter((link) => follow(link, failed, problems));
    return through.length > 0 || asked || declared.length > 0;
  };
  const sweep = (list: readonly Working[]): boolean => list.map(visit).some(Boolean);
  sweep(nodes);
  const backwards = [...nodes].reverse();
  while (sweep(backwards) || sweep(nodes));
}

interface Working {
  readonly typed: TypedNode;
  readonly reading: readonly Link[];
  readonly leaving: readonly Link[];
  /** The sizes that `dims` was last asked with. */
  asked: Dims | undefined;
  /** Set once `dims` threw or contradicted what is known: it is told, and not asked again. */
  stopped: boolean;
}

/** Makes the two ends of an edge equal; true if that is now decided. */
function follow(link: Link, failed: Set<string>, problems: Problems): boolean {
  if (link.state !== "open") return false;
  const { from, to, via } = link;
  // What a declared input refused is told there, once, and not again at everything that reads it inside.
  const told = via.some((key) => failed.has(key));
  // Where the ends visibly differ, they are put in words before some of their sizes become one.
  const before = mayFit(from.port.type, to.port.type) ? undefined : describeMismatch(link);
  const outcome = unify(from.port.type.axes, to.port.type.axes);
  if (outcome.kind === "later") return false;
  link.state = outcome.kind === "done" ? "done" : "failed";
  if (outcome.kind === "done") return true;
  if (link.declared) failed.add(link.declared.key);
  // Two sizes that differ are told at the first edge that meets both; later ones only follow from it.
  const again = outcome.kind === "size" && failed.has(outcome.pair);
  if (outcome.kind === "size") failed.add(outcome.pair);
  if (told || again) return true;
  const { ends, notes } = before ?? describeMismatch(link);
  problems.add(outcome.kind === "axes" ? "G305" : "G306", `${ends}: ${outcome.why}`, link.at, {
    notes,
    cure: outcome.kind === "axes" ? "connect another output, one of as many axes" : cureSizes(link),
  });
  return true;
}

/** Puts in what the node's files say. */
function seed({ typed }: Working, makeSize: MakeSize, problems: Problems): void {
  const { found } = typed;
  if (!found) return;
  for (const [name, value] of Object.entries(found.dims ?? {})) {
    const size = typed.size(name);
    if (!joinSizes(size, makeSize(name, value)))
      reportSizes(typed, `its files say ${name} = ${value}, its ports ${rootOf(size).value}`, problems);
  }
  // Ports with `...` take their whole shape from the file.
  const { shapes } = found as ProbeResult & { readonly shapes?: Readonly<Record<string, readonly number[]>> };
  for (const [port, shape] of Object.entries(shapes ?? {})) {
    const axes: Axes = shape.map((value) => makeSize(String(value), value));
    const type = typed.outputs.get(port)?.type ?? typed.inputs.get(port)?.type;
    const outcome = type && unify(type.axes, axes);
    if (outcome?.kind === "axes" || outcome?.kind === "size")
      reportSizes(typed, `its file has [${shape.join(",")}] for ${port}: ${outcome.why}`, problems);
  }
}

/** Asks the node's `dims` if more is known than at the last time; true if it was asked. */
function ask(node: Working, makeSize: MakeSize, problems: Problems): boolean {
  const { typed } = node;
  const { def, params } = typed.node ?? {};
  if (node.stopped || !def?.dims || !params) return false;
  const known = knownSizes(typed, rootOf);
  if (node.asked && Object.keys(known).length === Object.keys(node.asked).length) return false;
  node.asked = known;
  let given: Partial<Dims>;
  try {
    given = def.dims(params.values, known);
  } catch (error) {
    node.stopped = true;
    reportSizes(typed, messageOf(error), problems);
    return true;
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || node.stopped) continue;
    if (!Number.isInteger(value) || value < 1) {
      node.stopped = true;
      reportSizes(typed, `its params give ${name} = ${value}, and a size is a whole number of at least 1`, problems);
    } else if (!joinSizes(typed.size(name), makeSize(name, value))) {
      node.stopped = true;
      reportSizeConflict(typed, { name, value }, given, node, problems);
    }
  }
  return true;
}
