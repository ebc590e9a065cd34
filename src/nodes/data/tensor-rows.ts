import { z } from "zod";
import type { HostContext, ProbeResult, Source } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import type { HostArray } from "../../core/tensor.js";
import { within } from "../files/error-text.js";
import { checkAxes, permute, permutedShape } from "../files/permute.js";
import { findArray, listArrays, readArrays } from "../files/array-file.js";
import { readAs } from "../files/safetensors-dtype.js";
import { batchSource, checkBatch } from "./batch-source.js";

/** Params of a source that gives an array's rows (along its first axis) in batches. */
export const tensorParams = z.object({
  file: path("safetensors or PyTorch file"),
  key: z.string().min(1).describe("name of the array in the file"),
  join: z.number().int().min(1).default(1).describe("first axes that become one, e.g. 2 for an array of batches [steps,B,...]"),
  axes: z.array(z.number().int().min(0)).min(1).optional().describe("order of the axes, e.g. [0,2,3,1] for NCHW to NHWC"),
  batch: z.number().int().min(1).optional().describe("rows per batch; default all at once"),
  repeat: z.boolean().default(false).describe("start again after the last batch; false ends"),
});
type Params = z.output<typeof tensorParams>;

/** An array's shape after `axes`, batch rows first. Throws an Error where file, name, dtype or batch do not fit. */
export async function probeRows(p: Params, port: string, dtype: HostArray["dtype"], rank?: number): Promise<ProbeResult> {
  const shape = await checkedShape(p, dtype, rank);
  const [count = 0, ...rest] = shape;
  const batch = p.batch ?? count;
  return { dims: { B: batch }, shapes: { [port]: [batch, ...rest] }, summary: `${p.key} ${dtype}[${shape.join()}]` };
}

/** A source of an array's rows in their order. Rows that do not fill a last batch are left out, so sizes are static. */
export async function openRows(
  p: Params,
  port: string,
  dtype: HostArray["dtype"],
  context: HostContext,
  rank?: number,
): Promise<Source> {
  await checkedShape(p, dtype, rank);
  const stored = (await readArrays(p.file, [p.key])).get(p.key);
  if (!stored) throw new Error(`${p.file}: no array "${p.key}"`);
  const joined = { ...stored, shape: joinedShape(stored.shape, p.join) };
  const { shape, data } = p.axes ? permute(joined, p.axes) : joined;
  const [count = 0, ...rest] = shape;
  const size = rest.reduce((a, b) => a * b, 1);
  const options = { count, batch: p.batch ?? count, shuffle: false, repeat: p.repeat };
  return batchSource(options, context, ({ samples }) => {
    const from = samples[0] ?? 0;
    const rows = data.slice(from * size, (from + samples.length) * size);
    return { indices: samples, values: { [port]: { dtype, shape: [samples.length, ...rest], data: rows } } };
  });
}

async function checkedShape(p: Params, dtype: HostArray["dtype"], rank: number | undefined): Promise<readonly number[]> {
  const header = await listArrays(p.file);
  return within(p.file, async () => {
    const entry = findArray(header, p.key);
    const as = readAs(entry.dtype);
    if (as !== dtype) throw new Error(`array "${p.key}" is ${entry.dtype}, expected ${dtype === "f32" ? floats : integers}`);
    if (p.join > Math.max(1, entry.shape.length))
      throw new Error(`array "${p.key}" has shape [${entry.shape.join()}], of which join: ${p.join} cannot join the first axes`);
    const joined = joinedShape(entry.shape, p.join);
    checkAxes(p.axes, joined);
    const shape = permutedShape(joined, p.axes);
    if (shape.length === 0 || (rank !== undefined && shape.length !== rank))
      throw new Error(
        `array "${p.key}" has shape [${shape.join()}], expected ${rank === 1 ? "[B]" : "[B,...]"}; choose another array${rank === 1 && shape.length > 1 ? `, or join: ${shape.length}` : ""}`,
      );
    const [count = 0] = shape;
    checkBatch(count, p.batch ?? Math.max(count, 1), `rows in "${p.key}"`);
    return shape;
  });
}

function joinedShape(shape: readonly number[], join: number): readonly number[] {
  return join === 1 ? shape : [shape.slice(0, join).reduce((a, b) => a * b, 1), ...shape.slice(join)];
}

const floats = "floats; data.label_file reads whole numbers [B]";
const integers = "whole numbers; data.tensor_file reads floats";
