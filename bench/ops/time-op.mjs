import { performance } from "node:perf_hooks";
import { fromPackage } from "../machine.mjs";
import { median } from "../numbers.mjs";

/** Milliseconds and bytes of an op's forward and backward pass on the backend in use; bytes as if each array went through memory once. */
export async function timeOp({ op, inputs: shapes, attrs }) {
  const { tf } = await fromPackage("core/tensor.js");
  const { hasKernel, runKernel } = await fromPackage("core/define-op.js");
  const entries = Object.entries(shapes).map(([name, shape], i) => [name, tf.randomNormal(shape, 0, 1, "float32", i)]);
  const inputs = Object.fromEntries(entries);
  const y = op(inputs, attrs);
  const dy = tf.randomNormal(y.shape, 0, 1, "float32", 9);
  const { kernel, grad } = op.def;
  const backward = hasKernel(`${kernel}Grad`)
    ? () => void runKernel(`${kernel}Grad`, { dy, ...inputs }, attrs)
    : () => {
        const rules = grad(dy, inputs, attrs);
        for (const name of Object.keys(inputs)) rules[name]();
      };
  const given = Object.values(inputs).reduce((sum, { size }) => sum + size, 0);
  const result = {
    forward: { ms: time(tf, () => void op(inputs, attrs)), bytes: 4 * (given + y.size) },
    backward: { ms: time(tf, backward), bytes: 4 * (given + dy.size + given) },
  };
  tf.dispose([...Object.values(inputs), y, dy]);
  return result;
}

/** Median milliseconds over about a third of a second, after two calls that warm up. */
export function time(tf, work) {
  const once = () => {
    const start = performance.now();
    tf.tidy(work);
    return performance.now() - start;
  };
  once();
  const count = Math.max(5, Math.min(200, Math.round(300 / once())));
  return median(Array.from({ length: count }, once));
}
