import type { GraphNode } from "../../core/graph.js";
import type { HostArray } from "../../core/tensor.js";
import { listArrays, withArrays } from "../../nodes/files/array-file.js";
import { elementsOf } from "../../nodes/files/stored-array.js";
import { messageOf } from "./failure.js";
import { matchWeights } from "./match-weights.js";
import type { Piece } from "./match-weights.js";
import { weightsFile } from "./weights-file.js";

/** Compares the names and shapes in a model's weights file with what the model declares, without reading contents. */
export async function checkWeights(node: GraphNode): Promise<void> {
  await pairWeights(node);
}

/**
 * Gives a model's arrays from the file that its `weights` param names to `use`, one after the other, so that no more than one of them is
 * held beside what `use` makes of it. Calls it for no array where the node names no file.
 */
export async function loadWeights(node: GraphNode, use: (name: string, array: HostArray) => void): Promise<void> {
  const found = await pairWeights(node);
  if (!found) return;
  await withArrays(found.file, async (arrays) => {
    const known = new Map(arrays.tensors.map((array) => [array.name, array]));
    for (const [name, pieces] of found.pairs)
      use(
        name,
        join(
          await Promise.all(
            pieces.map(async (piece) => {
              const array = known.get(piece.key);
              if (!array) throw new Error(`"${piece.key}" vanished while reading`);
              return convert(rowsOf(await arrays.read(array), piece), piece);
            }),
          ),
        ),
      );
  });
}

async function pairWeights(node: GraphNode): Promise<{ file: string; pairs: ReadonlyMap<string, readonly Piece[]> } | undefined> {
  const given = node.params["weights"];
  if (node.def.kind !== "model" || typeof given !== "string") return undefined;
  const { def } = node;
  const { file, part } = await weightsFile(given);
  const { tensors } = await listArrays(file);
  try {
    return { file, pairs: matchWeights(def.weights(node.params, node.dims), tensors, def.layouts ?? asDeclared, part) };
  } catch (error) {
    throw new Error(`${file}: ${messageOf(error)}`, { cause: error });
  }
}

const asDeclared = [{ name: "" }];

/** Rows of an array along its first axis, as a view. */
function rowsOf(array: HostArray, { rows }: Piece): HostArray {
  if (!rows) return array;
  const [from, to] = rows;
  const size = elementsOf(array.shape.slice(1));
  return { ...array, shape: [to - from, ...array.shape.slice(1)], data: array.data.subarray(from * size, to * size) };
}

function convert(array: HostArray, { convert: how }: Piece): HostArray {
  if (how !== "std_to_var") return array;
  return { ...array, data: Float32Array.from(array.data, (std) => std * std - 1e-5) };
}

/** Arrays one after the other along their first axis. */
function join(arrays: readonly HostArray[]): HostArray {
  const [first] = arrays;
  if (!first) throw new Error("a weight without pieces");
  if (arrays.length === 1) return first;
  const data = new Float32Array(arrays.reduce((sum, array) => sum + array.data.length, 0));
  let at = 0;
  for (const array of arrays) {
    data.set(array.data, at);
    at += array.data.length;
  }
  const rows = arrays.reduce((sum, array) => sum + (array.shape[0] ?? 1), 0);
  return { dtype: "f32", shape: [rows, ...first.shape.slice(1)], data };
}
