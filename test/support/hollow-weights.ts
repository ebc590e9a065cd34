import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { builtinNodes } from "../../src/nodes/index.js";

/** Writes a safetensors file with a model's published keys and shapes and a hole for its numbers: it takes hardly any space. */
export async function hollowWeights(file: string, type: string, params: object): Promise<void> {
  const def = builtinNodes.find((node) => node.type === type);
  if (def?.kind !== "model") throw new Error(`${type} is no model`);
  const header: Record<string, object> = {};
  let end = 0;
  for (const { name, shape } of def.weights(def.params.parse(params), {})) {
    const begin = end;
    end += 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: "F32", shape, data_offsets: [begin, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, "w");
  await handle.write(Buffer.concat([length, text]));
  await handle.truncate(8 + text.length + end);
  await handle.close();
}
