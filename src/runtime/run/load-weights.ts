import type { GraphNode } from "../../core/graph.js";
import { listArrays, withArrays } from "../../nodes/files/array-file.js";
import { elementsOf } from "../../nodes/files/stored-array.js";
import type { Pull } from "../hub/hub-file.js";
import { messageOf } from "./failure.js";
import { matchWeights } from "./match-weights.js";
import type { Piece } from "./match-weights.js";
import { weightsFile } from "./weights-file.js";

/**
 * Compares the names and shapes in a model's weights file with what the model declares, without reading contents. `pull` brings what is not
 * in the cache of the hub; without it that is an Error.
 */
export async function checkWeights(node: GraphNode, pull?: Pull): Promise<void> {
  await pairWeights(node, pull);
}

/** Fills memory with one weight, f32 and row-major. */
export type Fill = (target: Float32Array) => Promise<void>;

/**
 * Goes through a model's weights in the file that its `weights` param names, one after the other: `take` makes room for one, and has it
 * filled from the file. No other copy is made of floats that the file holds as the model needs them. Calls it for none where the node
 * names no file. `bare` says that the file lists the weights alone, by their own names, without the tables that may stand beside them.
 */
export async function loadWeights(
  node: GraphNode,
  take: (name: string, fill: Fill) => Promise<void>,
): Promise<{ readonly bare: boolean }> {
  const found = await pairWeights(node);
  if (!found) return { bare: false };
  return withArrays(found.file, async (arrays) => {
    const known = new Map(arrays.tensors.map((array) => [array.name, array]));
    for (const [name, pieces] of found.pairs)
      await take(name, async (target) => {
        let at = 0;
        for (const piece of pieces) {
          const array = known.get(piece.key);
          if (!array) throw new Error(`"${piece.key}" vanished while reading`);
          const [from, count] = elementsIn(piece, array.shape);
          const part = target.subarray(at, at + count);
          await arrays.readInto(array, from, part);
          convert(part, piece);
          at += count;
        }
      });
    return { bare: isBare(node, arrays.tensors, found.pairs) };
  });
}

function isBare(
  { def, params }: GraphNode,
  arrays: readonly { readonly name: string }[],
  pairs: ReadonlyMap<string, readonly Piece[]>,
): boolean {
  const tables = def.kind === "model" ? (def.tables?.(params) ?? []) : [];
  const known = [...pairs].every(([name, [piece]]) => piece?.key.endsWith(name));
  return known && !tables.some(({ name }) => arrays.some((array) => array.name.endsWith(name)));
}

async function pairWeights(
  node: GraphNode,
  pull?: Pull,
): Promise<{ file: string; pairs: ReadonlyMap<string, readonly Piece[]> } | undefined> {
  const given = node.params["weights"];
  if (node.def.kind !== "model" || node.again || typeof given !== "string") return undefined;
  const { def } = node;
  const hint = def.published === undefined ? {} : { hint: `, its path counted from the graph file; ${def.published}` };
  const { file, part } = await weightsFile(given, { pull, ...hint });
  const { tensors } = await listArrays(file);
  try {
    return { file, pairs: matchWeights(def.weights(node.params, node.dims), tensors, def.layouts ?? asDeclared, part) };
  } catch (error) {
    throw new Error(`${file}: ${messageOf(error)}`, { cause: error });
  }
}

const asDeclared = [{ name: "" }];

/** The first element of a piece in its array, and how many follow: rows along the first axis. */
function elementsIn({ rows }: Piece, shape: readonly number[]): [from: number, count: number] {
  if (!rows) return [0, elementsOf(shape)];
  const size = elementsOf(shape.slice(1));
  return [rows[0] * size, (rows[1] - rows[0]) * size];
}

function convert(values: Float32Array, { convert: how }: Piece): void {
  if (how !== "std_to_var") return;
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) ** 2 - 1e-5;
}
