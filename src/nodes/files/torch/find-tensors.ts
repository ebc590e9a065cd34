import { PickleDict, PickleTensor } from "./pickle-value.js";
import type { PickleValue } from "./pickle-value.js";

const deepest = 64;

/**
 * All tensors of an unpickled value by name, keys of nested dicts and places in lists joined by dots. What is no tensor (counts,
 * settings) is passed over. Throws an Error for two tensors of one name, for loops, and for more places and longer names than a pickle
 * of `bytes` bytes can spell, which only shared parts within shared parts make.
 */
export function findTensors(root: PickleValue, bytes: number): Map<string, PickleTensor> {
  const found = new Map<string, PickleTensor>();
  let work = 0;
  const spend = (amount: number): void => {
    work += amount;
    if (work > 1000 + 4 * bytes) throw new Error("its parts hold each other more often than a weights file has need for");
  };
  const visit = (value: PickleValue, path: readonly string[]): void => {
    spend(1);
    if (path.length > deepest) throw new Error(`dicts nested deeper than ${deepest}, at "${path.slice(0, 4).join(".")}…"`);
    if (value instanceof PickleTensor) {
      spend(path.reduce((letters, key) => letters + key.length, 0));
      const name = path.join(".");
      if (found.has(name)) throw new Error(`two tensors are called "${name}"`);
      found.set(name, value);
    } else if (value instanceof PickleDict) {
      for (const [key, item] of value.entries) if (isName(key)) visit(item, [...path, String(key)]);
    } else if (Array.isArray(value)) value.forEach((item, i) => visit(item, [...path, String(i)]));
  };
  visit(root, []);
  return found;
}

function isName(key: PickleValue): key is string | number | bigint {
  return typeof key === "string" || typeof key === "number" || typeof key === "bigint";
}
