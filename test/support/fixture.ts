import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HostArray } from "../../src/core/tensor.js";
import { readSafetensors } from "../../src/nodes/files/safetensors.js";

/** A folder of the reference implementation's weights, inputs and outputs. */
export interface Fixture {
  readonly folder: string;
  readonly weights: ReadonlyMap<string, HostArray>;
  readonly io: ReadonlyMap<string, HostArray>;
  /** The part of config.json that holds the model's own settings. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** An array of the inputs and outputs; throws where there is none. */
  get(key: string): HostArray;
}

/** Where a fixture lies: a copy in this repository, else the shared folder beside it; undefined where neither is. */
export function fixtureFolder(name: string): string | undefined {
  const places = [`../fixtures/${name}`, `../../../shared/fixtures/${name}`];
  return places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((folder) => existsSync(folder));
}

/** Reads a fixture whole. */
export async function loadFixture(folder: string): Promise<Fixture> {
  const read = async (name: string): Promise<ReadonlyMap<string, HostArray>> =>
    existsSync(join(folder, name)) ? readSafetensors(join(folder, name)) : new Map();
  const io = await read("io.safetensors");
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as Record<string, Record<string, unknown>>;
  return {
    folder,
    io,
    weights: await read("weights.safetensors"),
    settings: config["params"] ?? config["config"] ?? {},
    get(key) {
      const found = io.get(key);
      if (!found) throw new Error(`${folder} has no array ${key}`);
      return found;
    },
  };
}

/** Those of the names whose fixture is here; the others are told, with the reason. */
export function presentFixtures(names: readonly string[]): string[] {
  const absent = names.filter((name) => fixtureFolder(name) === undefined);
  if (absent.length > 0) process.stderr.write(`not tested, for ../shared/fixtures is not here: ${absent.join(", ")}\n`);
  return names.filter((name) => !absent.includes(name));
}
