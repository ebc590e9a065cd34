import type { Weights } from "../../core/define-node.js";
import type { SavedTable } from "../../core/weight-spec.js";
import { tf } from "../../core/tensor.js";
import type { HostArray, Variable } from "../../core/tensor.js";
import type { Devices } from "./devices.js";
import type { Checkpoint } from "./recorder.js";
import { savedArrays } from "./saved-arrays.js";
import { upload } from "./transfer.js";

/**
 * All that training changed, as checkpoint files: `model`, `ema` and `optimizer.safetensors`, each prefixed by the optimizer's
 * name where a graph has several. Keys are the published names.
 */
export async function trainState(devices: Devices): Promise<Map<string, Map<string, HostArray>>> {
  const files = new Map<string, Map<string, HostArray>>();
  for (const { file, variables, tables } of trainedFiles(devices)) files.set(file, await savedArrays(variables, tables));
  return files;
}

/** Puts a checkpoint's arrays and counts back. Throws an Error that lists what does not fit this graph. */
export function restoreTrainState(devices: Devices, { files, state }: Checkpoint): void {
  for (const [optimizer, count] of Object.entries(state.skipped)) devices.skipped.set(optimizer, count);
  const wrong: string[] = [];
  for (const { file, variables } of trainedFiles(devices)) {
    const arrays = files.get(file);
    if (!arrays) {
      wrong.push(`${file} is missing`);
      continue;
    }
    for (const [name, variable] of variables) {
      const array = arrays.get(name);
      if (!array) wrong.push(`${file}: "${name}" is missing`);
      else if (array.shape.join() !== variable.shape.join())
        wrong.push(`${file}: "${name}" is [${array.shape.join()}], this graph needs [${variable.shape.join()}]`);
      else if (wrong.length === 0) tf.tidy(() => variable.assign(upload(array)));
    }
  }
  if (wrong.length > 0)
    throw new Error(
      `the checkpoint belongs to another graph:\n${wrong
        .slice(0, 8)
        .map((line) => `  ${line}`)
        .join("\n")}\nstart a new run, or resume with the graph that wrote it`,
    );
}

interface TrainedFile {
  readonly file: string;
  readonly variables: readonly (readonly [string, Variable])[];
  readonly tables: readonly SavedTable[];
}

function trainedFiles(devices: Devices): TrainedFile[] {
  return [...devices.optimizers].flatMap(([name, optimizer]) => {
    const prefix = devices.optimizers.size > 1 ? `${name.replaceAll("/", ".")}.` : "";
    const { trains, average } = optimizer;
    const of = (file: string, weights: Weights): TrainedFile => ({
      file: `${prefix}${file}.safetensors`,
      variables: trains.specs.map((spec) => [spec.name, asVariable(weights(spec.name))] as const),
      tables: trains.tables ?? [],
    });
    return [
      of("model", trains.get),
      ...(average ? [of("ema", average)] : []),
      { file: `${prefix}optimizer.safetensors`, variables: [...optimizer.state()], tables: [] },
    ];
  });
}

/** Models and optimizers hold variables only, so that their values can change in place. */
function asVariable(tensor: unknown): Variable {
  return tensor as Variable;
}
