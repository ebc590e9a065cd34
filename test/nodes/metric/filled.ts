import type { NodeDef } from "../../../src/core/define-node.js";
import type { HostArray } from "../../../src/core/tensor.js";
import { fill } from "./fill.js";

const known = new Map<string, Float32Array>();

/** A model's weights as test/fixtures/metrics/make.py fills them. */
export function filled(def: NodeDef, params: object): ReadonlyMap<string, HostArray> {
  if (def.kind !== "model") throw new Error("not a model");
  return new Map(
    def.weights(def.params.parse(params), {}).map(({ name, shape }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const fan = size / (shape[0] ?? 1);
      const [scale, offset = 0] = name.startsWith("lin")
        ? [0.5, 0.5]
        : /running_var|bn.weight/.test(name)
          ? [0.2, 1]
          : /mean|bias/.test(name)
            ? [0.1]
            : name === "fc.weight"
              ? [0.05]
              : [Math.sqrt(6 / fan)];
      const key = `${name} ${shape.join()}`;
      const data = known.get(key) ?? fill(name, size, scale, offset);
      known.set(key, data);
      return [name, { dtype: "f32", shape, data }];
    }),
  );
}
