import { homedir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../usage-error.js";

/** Where results are kept, and how much of the disk they may take. */
export interface CachePlace {
  readonly folder: string;
  readonly limit: number;
}

const defaultLimit = 20e9;

/**
 * RAEGRAPH_CACHE, else `raegraph/nodes` in the user's cache folder; RAEGRAPH_CACHE_LIMIT in bytes or as `500MB`, `20GB`, by default 20 GB.
 * Throws a UsageError for a limit that is no size.
 */
export function cachePlace(environment: Readonly<Record<string, string | undefined>> = process.env): CachePlace {
  const base = environment["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = environment["RAEGRAPH_CACHE"] ?? join(base, "raegraph", "nodes");
  return { folder, limit: sizeOf(environment["RAEGRAPH_CACHE_LIMIT"]) };
}

function sizeOf(text: string | undefined): number {
  if (text === undefined) return defaultLimit;
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kMGT]?)B?$/i.exec(text.trim()) ?? [];
  if (number === undefined) throw new UsageError(`RAEGRAPH_CACHE_LIMIT=${text}: expected a size such as 500MB or 20GB`);
  return Number(number) * ({ k: 1e3, m: 1e6, g: 1e9, t: 1e12 }[unit.toLowerCase()] ?? 1);
}
