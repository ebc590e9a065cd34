import type { NodeDef, Packet } from "../../core/define-node.js";
import type { Findings, NodeExample } from "./node-example.js";
import { differences } from "./differences.js";
import { harness } from "./harness.js";
import { matchPorts } from "./match-ports.js";
import type { Sizes } from "./match-ports.js";

/** Batches before and after the place at which a source is stopped and restored. */
const [before, after] = [2, 3];

/** A source: declared shapes, one index for each sample, and a restored source that goes on with the very next batch. */
export async function checkSource(def: NodeDef, { params = {}, seed = 0 }: NodeExample, findings: Findings): Promise<void> {
  const open = () => harness(def, params, { seed }).source();
  const first = await open();
  const packets = await take(first, before);
  const state = first.state();
  const rest = await take(first, after);
  await first.close();
  findings.held("batches", packets.length > 0 ? [] : ["it gave none; give params with data to read"]);
  findings.held(
    "declared shapes",
    packets.flatMap((packet) => misfits(def, packet)),
  );
  findings.held("state is JSON", differences(state, JSON.parse(JSON.stringify(state)), 0));

  const second = await open();
  second.restore(JSON.parse(JSON.stringify(state)));
  const restored = await take(second, after);
  await second.close();
  findings.held("restore(state()) goes on", differences(rest, restored, 0));

  const third = await open();
  const again = await take(third, before);
  await third.close();
  findings.held("same batches twice", differences(packets, again, 0));
}

/** A reducer: the same finite results twice. */
export async function checkReducer(
  def: NodeDef,
  { params = {}, batches, seed = 0 }: NodeExample,
  findings: Findings,
): Promise<void> {
  if (!batches) return findings.skipped("results", "the example has no batches");
  const run = () => harness(def, params, { seed }).reduce(...batches);
  const [first, second] = [await run(), await run()];
  const odd = Object.entries(first).filter(([, value]) => typeof value !== "number" || Number.isNaN(value));
  findings.held(
    "results are numbers",
    odd.map(([name, value]) => `${name} is ${String(value)}`),
  );
  findings.held("same results twice", differences(first, second, 0));
}

/** A sink: the same files twice. */
export async function checkSink(
  def: NodeDef,
  { params = {}, batches, seed = 0 }: NodeExample,
  findings: Findings,
): Promise<void> {
  if (!batches) return findings.skipped("files", "the example has no batches");
  const run = async (): Promise<ReadonlyMap<string, Uint8Array>> => {
    const sink = harness(def, params, { seed });
    await sink.sink(...batches);
    return sink.written;
  };
  findings.held("same files twice", differences(await run(), await run(), 0));
}

async function take(source: { next(): Promise<Packet | undefined> }, count: number): Promise<Packet[]> {
  const packets: Packet[] = [];
  for (let packet; packets.length < count && (packet = await source.next());) packets.push(packet);
  return packets;
}

function misfits(def: NodeDef, { indices, values }: Packet): string[] {
  const sizes: Sizes = { names: new Map([["B", indices.length]]), row: undefined };
  const missing = Object.keys(def.outputs).filter((port) => !(port in values) && !def.outputs[port]?.optional);
  return [
    ...matchPorts("output", def.outputs, new Map(Object.entries(values)), sizes),
    ...missing.map((port) => `output "${port}" is missing in a batch`),
  ];
}
