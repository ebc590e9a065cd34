import { parseHubAddress } from "./hub-address.js";
import { cachedFile, hubCache } from "./hub-cache.js";

/** Brings an address of the hub into the cache; gives the file there. */
export type Pull = (address: string) => Promise<string>;

/** The file of an address in the cache of the hub; `pull` brings what is not there, without it that is an Error with the cure. */
export async function hubFile(address: string, pull: Pull | undefined): Promise<string> {
  const known = await cachedFile(parseHubAddress(address));
  if (known !== undefined) return known;
  if (pull) return pull(address);
  throw new Error(`${address} is not in the cache ${hubCache()}; \`graph pull ${address}\` brings it there`);
}

/** The address of a model's config.json where an address names no file. Throws what `parseHubAddress` does. */
export function configAddress(address: string): string {
  const { repo, file, revision } = parseHubAddress(address);
  return file === undefined ? `hf://${repo}/config.json@${revision}` : address;
}
