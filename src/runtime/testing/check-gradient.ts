import type { NodeDef } from "../../core/define-node.js";
import { philoxKey, philoxNormal, streamId } from "../../core/philox.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/** A tensor of one number. */
type Scalar = ReturnType<typeof tf.scalar>;
import { messageOf } from "../run/failure.js";
import type { Findings } from "./node-example.js";
import { isTensor } from "./node-function.js";
import type { NodeFunction } from "./node-function.js";

/** Step of the central difference: small against the inputs, large against the rounding of f32. */
const step = 1e-2;

/**
 * Compares gradients with central differences along one random direction for each float input and for each trainable weight: both give the
 * slope of the outputs' sum, weighted at random so that no error cancels. What the outputs do not depend on has slope zero both ways.
 */
export async function checkGradient(def: NodeDef, node: NodeFunction, tolerance: number, findings: Findings): Promise<void> {
  const ports = Object.entries(node.tensors).filter(([, tensor]) => tensor.dtype === "float32");
  const value = (replaced?: Readonly<Record<string, Tensor>>): Scalar => weightedSum(def, node, replaced);
  const targets = [
    ...ports.map(([port, tensor]) => ({
      what: `input "${port}"`,
      tensor,
      slopeOf: () => tf.grad((x) => value({ [port]: x }))(tensor),
      at: (moved: Tensor) => value({ [port]: moved }),
    })),
    ...node.variables.map(({ name, variable }) => ({
      what: `weight "${name}"`,
      tensor: tf.clone(variable) as Tensor,
      slopeOf: () => tf.variableGrads(() => value(), [variable]).grads[variable.name] as Tensor,
      at(moved: Tensor) {
        const kept = tf.clone(variable) as Tensor;
        variable.assign(moved);
        const result = value();
        variable.assign(kept);
        return result;
      },
    })),
  ];
  if (targets.length === 0 || !Object.values(node.call()).some((output) => isTensor(output) && output.dtype === "float32"))
    return findings.skipped("gradient", "no float input or weight, or no float output");
  const wrong: string[] = [];
  for (const { what, tensor, slopeOf, at } of targets)
    try {
      const direction = noise(what, tensor.shape);
      const moved = (by: number): Tensor => tf.add(tensor, tf.mul(direction, by));
      const analytic = await numberOf(tf.sum(tf.mul(slopeOf(), direction)));
      const finite = ((await numberOf(at(moved(step)))) - (await numberOf(at(moved(-step))))) / (2 * step);
      if (Math.abs(analytic - finite) > tolerance * Math.max(1, Math.abs(analytic), Math.abs(finite)))
        wrong.push(`by ${what}: the gradient gives a slope of ${short(analytic)}, finite differences ${short(finite)}`);
    } catch (error) {
      if (!/Cannot compute gradient|does not depend|is not connected|No variable/i.test(messageOf(error)))
        wrong.push(`by ${what}: ${messageOf(error)}`);
    }
  findings.held("gradient", wrong);
}

function weightedSum(def: NodeDef, node: NodeFunction, replaced?: Readonly<Record<string, Tensor>>): Scalar {
  const outputs = Object.entries(node.call(replaced)).flatMap(([port, value]) =>
    isTensor(value) && value.dtype === "float32" ? [tf.sum(tf.mul(value, noise(`${def.type}.${port}`, value.shape)))] : [],
  );
  // A sum of sums has no axes.
  return outputs.reduce<Tensor>((sum, part) => tf.add(sum, part), tf.scalar(0)) as Scalar;
}

function noise(name: string, shape: readonly number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(philoxNormal(philoxKey(1, name), streamId("check"), 0, size), [...shape]);
}

async function numberOf(tensor: Tensor): Promise<number> {
  return (await tensor.data())[0] ?? NaN;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
