import { z } from "zod";
import type { SinkNode } from "../../core/define-node.js";
import type { Graph, PortRef } from "../../core/graph.js";
import { parseReference } from "../../core/language/reference.js";
import { nearNames } from "../../core/near-names.js";
import { tensor } from "../../core/port.js";
import type { HostArray } from "../../core/tensor.js";
import { drawGrid } from "../../nodes/out/draw-grid.js";
import { UsageError } from "../usage-error.js";
import type { Probe } from "./add-probes.js";
import { statisticsOf } from "./statistics-of.js";

/** Ways to look at an edge. */
const kinds = ["stats", "image"] as const;

/**
 * Sinks for `--peek`: `dit.velocity`, or `dit.velocity:stats`, tells least, largest, mean and standard deviation; `decoder.image:image`
 * draws a picture below `peek/` in the run folder. At steps 1, 2, 5, 10, 20, 50, … of a phase. Throws a UsageError for an edge that is none.
 */
export function peekProbes(graph: Graph, peeks: readonly string[]): Probe[] {
  return peeks.map((text) => {
    const [reference = "", kind = "stats"] = text.split(":");
    const edge = findEdge(graph, reference, text);
    const look = kinds.find((name) => name === kind);
    if (!look) throw new UsageError(`--peek ${text}: there is no way "${kind}" to look; there are ${kinds.join(" and ")}`);
    return { edge, name: `peek:${text}`, def: look === "stats" ? statsSink(reference) : imageSink(reference) };
  });
}

const inputs = { value: tensor("f32[...]") };

function statsSink(edge: string): SinkNode {
  return peekSink((value, { step, at, context }) => {
    const { min, max, mean, std, broken } = statisticsOf(value);
    const numbers = Object.entries({ min, max, mean, std }).map(([name, number]) => `${name}=${Number(number.toPrecision(4))}`);
    const shown = [
      `${edge} ${value.dtype}[${value.shape.join(",")}]`,
      `phase=${at}`,
      `step=${step}`,
      ...numbers,
      `broken=${broken}`,
    ];
    context.log(broken > 0 ? "warn" : "info", shown.join(" "));
    return Promise.resolve();
  });
}

function imageSink(edge: string): SinkNode {
  return peekSink(async (value, { step, at, context }) => {
    const { encode } = await import("fast-png");
    const name = `peek/${edge.replace(/[^\w.-]+/g, "-")}-${at}-${String(step).padStart(8, "0")}.png`;
    await context.write(name, encode(drawGrid([[value]], { columns: 8, scale: 1, gap: 1 })));
  });
}

interface Look {
  /** Steps of this execution of the phase, from 1. */
  readonly step: number;
  readonly at: string;
  readonly context: Parameters<SinkNode["open"]>[1];
}

function peekSink(look: (value: HostArray, at: Look) => Promise<void>): SinkNode {
  const def: SinkNode<typeof inputs> = {
    kind: "sink",
    type: "raegraph.peek",
    note: "Looks at an edge.",
    inputs,
    outputs: {},
    params: z.object({}),
    open(_params, context) {
      let step = 0;
      return Promise.resolve({
        async write({ value }, { phase }) {
          step++;
          if (isDue(step)) await look(value, { step, at: phase, context });
        },
        close: () => Promise.resolve(),
      });
    },
  };
  // It is opened and fed by the runtime like any sink, whose definition has forgotten its ports.
  return def as unknown as SinkNode;
}

/** 1, 2, 5, 10, 20, 50, 100, … */
function isDue(step: number): boolean {
  let rest = step;
  while (rest % 10 === 0) rest /= 10;
  return rest === 1 || rest === 2 || rest === 5;
}

function findEdge(graph: Graph, reference: string, text: string): PortRef {
  const parsed = parseReference(reference);
  const node = graph.nodes.find(({ name }) => name === parsed?.node);
  if (!parsed || !node) {
    const near = nearNames(
      parsed?.node ?? reference,
      graph.nodes.map(({ name }) => name),
    ).map((name) => `"${name}"`);
    const cure = near.length > 0 ? `did you mean ${near.join(" or ")}?` : "write node.port, as graph check lists them";
    throw new UsageError(`--peek ${text}: no node "${parsed?.node ?? reference}"; ${cure}`);
  }
  const ports = Object.entries(node.def.outputs).flatMap(([port, { kind }]) => (kind === "tensor" ? [port] : []));
  const port = parsed.port ?? (ports.length === 1 ? ports[0] : undefined);
  if (port === undefined || !ports.includes(port) || parsed.variant)
    throw new UsageError(
      `--peek ${text}: node "${node.name}" (${node.def.type}) has ${ports.length > 0 ? `the outputs ${ports.join(", ")} to look at` : "no output that is a tensor"}`,
    );
  return { node: node.name, port };
}
