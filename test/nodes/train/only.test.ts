import { expect, test } from "@jest/globals";
import { adamw } from "../../../src/nodes/train/adamw.js";
import { tf } from "../../../src/core/tensor.js";
import { prepareTensors } from "../../../src/core/prepare.js";
import type { Optimizer, WeightSet } from "../../../src/core/define-node.js";
import { nativeBackend } from "../../../src/backends/native/index.js";
import { referenceBackend } from "../../../src/backends/reference/index.js";

const backend = (await nativeBackend.probe()).available ? nativeBackend : referenceBackend;

test("only the weights that are named are trained, and a name that none has is refused with those there are", async () => {
  await prepareTensors();
  const device = await backend.open({ precision: "fp32" });
  try {
    const variables = new Map(["body.weight", "head.weight"].map((name) => [name, tf.variable(tf.ones([2]))]));
    const spec = { shape: [2], init: { kind: "ones" as const }, trainable: true };
    const model: WeightSet = {
      node: "net",
      specs: [...variables.keys()].map((name) => ({ name, ...spec })),
      get: (name) => variables.get(name) ?? tf.zeros([2]),
    };
    const create = (only: readonly string[]): Optimizer => {
      if (adamw.kind !== "optimizer") throw new Error("adamw is no optimizer");
      return adamw.create(adamw.params.parse({ lr: 0.1, clip: 0, only }), model);
    };
    const optimizer = create(["head"]);
    expect(optimizer.trains.specs.map(({ trainable }) => trainable)).toEqual([false, true]);
    tf.tidy(() => void optimizer.apply([tf.ones([2])], () => 0));
    expect([...((await variables.get("body.weight")?.data()) ?? [])]).toEqual([1, 1]);
    expect((await variables.get("head.weight")?.data())?.[0]).toBeCloseTo(0.9, 4);
    optimizer.dispose();
    expect(() => create(["tail"])).toThrow('only: no weight of "net" starts with "tail"; its parts are body, head');
  } finally {
    await device.close();
  }
});
