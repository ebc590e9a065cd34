import type { SavedTable } from "../../core/weight-spec.js";
import type { HostArray, Tensor } from "../../core/tensor.js";
import { fetch } from "./transfer.js";

/** A model's arrays as its files list them: weights, fetched from the device one after the other, and the tables beside them. */
export async function savedArrays(
  weights: Iterable<readonly [string, Tensor]>,
  tables: readonly SavedTable[],
): Promise<Map<string, HostArray>> {
  const arrays = new Map<string, HostArray>();
  for (const [name, tensor] of weights) arrays.set(name, await fetch(tensor));
  for (const { name, shape, values } of tables) arrays.set(name, { dtype: "f32", shape, data: values() });
  return arrays;
}
