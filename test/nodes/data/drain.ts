import type { Packet, Source } from "../../../src/core/define-node.js";

/** The next `most` packets, or fewer where the source ends. */
export async function drain(source: Source, most = Infinity): Promise<Packet[]> {
  const packets: Packet[] = [];
  while (packets.length < most) {
    const packet = await source.next();
    if (!packet) break;
    packets.push(packet);
  }
  return packets;
}

/** Sample indices of packets, batch by batch. */
export function indices(packets: readonly Packet[]): number[][] {
  return packets.map((packet) => [...packet.indices]);
}

/** The numbers of one port of a packet. */
export function numbers(packet: Packet | undefined, port: string): number[] {
  return [...(packet?.values[port]?.data ?? [])];
}
