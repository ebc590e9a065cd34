import { join } from "node:path";
import type { Graph, GraphNode } from "../../core/graph.js";
import { cachePlace } from "./cache-place.js";
import type { CachePlace } from "./cache-place.js";
import { partsHash } from "./content-hash.js";
import { keyParts, NotCached } from "./key-parts.js";
import { countRecords } from "./segments.js";
import { listCards } from "./shelf-card.js";

/** A part of a key, beside what it was in the key that it is compared with. */
export interface KeyPart {
  readonly name: string;
  readonly value: string;
  readonly was?: string;
  /** `stored` where this very key has records, `new` where the node has none at all. */
  readonly state: "stored" | "same" | "changed" | "new";
}

/** What `graph why` tells of a node. */
export interface KeyReport {
  /** True where the graph says `cache: disk`. */
  readonly cached: boolean;
  /** Why it cannot be. */
  readonly reason?: string;
  readonly parts: readonly KeyPart[];
  /** Records under this key. */
  readonly stored: number;
  /** Records under the newest other key of a node of this name in a graph of this name. */
  readonly other?: number;
}

/** Compares a node's key with those in the cache. */
export async function explainKey(
  graph: Graph,
  node: GraphNode,
  numeric: string,
  place: CachePlace = cachePlace(),
): Promise<KeyReport> {
  const cached = node.cache !== undefined;
  try {
    const { parts } = await keyParts(graph, node, numeric);
    const own = partsHash(parts);
    const stored = await countRecords(join(place.folder, own));
    if (stored > 0)
      return { cached, stored, parts: Object.entries(parts).map(([name, value]) => ({ name, value, state: "stored" })) };
    const cards = (await listCards(place.folder)).filter(({ name }) => name !== own);
    const before = cards.find(({ card }) => card.graph === graph.name && card.node === node.name);
    if (!before) return { cached, stored, parts: Object.entries(parts).map(([name, value]) => ({ name, value, state: "new" })) };
    const names = [...new Set([...Object.keys(parts), ...Object.keys(before.card.parts)])];
    const compared = names.map((name): KeyPart => {
      const value = parts[name] ?? "nothing";
      const was = before.card.parts[name];
      return { name, value, ...(was === undefined ? {} : { was }), state: value === was ? "same" : "changed" };
    });
    return { cached, stored, parts: compared, other: await countRecords(join(place.folder, before.name)) };
  } catch (error) {
    if (!(error instanceof NotCached)) throw error;
    return { cached, reason: error.message, parts: [], stored: 0 };
  }
}
