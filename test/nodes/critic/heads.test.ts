import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { differentiate } from "../../../src/core/backward.js";
import type { ModelNode, StepContext } from "../../../src/core/define-node.js";
import type { HostArray, Tensor, Variable } from "../../../src/core/tensor.js";
import { tf } from "../../../src/core/tensor.js";
import { criticHeads } from "../../../src/nodes/critic/heads.js";
import { spectralWeight } from "../../../src/nodes/parts/spectral-norm.js";
import { runNode } from "../../../src/runtime/testing/index.js";
import { onBackend } from "../../../src/runtime/testing/run-node.js";
import { presentBackends } from "../../acceptance/backends.js";

interface Stored {
  readonly shape: number[];
  readonly data: number[];
}
interface Head {
  readonly in: Stored;
  readonly state: Record<string, Stored>;
  readonly eval_out: Stored;
  readonly train_out: Stored;
  readonly u_v_after_one_train_forward: Record<string, Stored>;
}
const { disc_head_C4_ks3: head } = JSON.parse(await readFile("test/fixtures/golden.json", "utf8")) as {
  disc_head_C4_ks3: Head;
};
const backends = await presentBackends();
const state = new Map(
  Object.entries(head.state).map(([name, { shape, data }]): [string, HostArray] => [
    `heads.0.${name}`,
    { dtype: "f32", shape, data: Float32Array.from(data) },
  ]),
);
/** `[B,C,N]`, as PyTorch has it, to one depth `[B,1,N,C]`. */
const features = ((): HostArray => {
  const [B = 0, C = 0, N = 0] = head.in.shape;
  const data = new Float32Array(B * C * N);
  for (let b = 0; b < B; b++)
    for (let c = 0; c < C; c++) for (let n = 0; n < N; n++) data[(b * N + n) * C + c] = head.in.data[(b * C + c) * N + n] ?? 0;
  return { dtype: "f32", shape: [B, 1, N, C], data };
})();

test.each(backends.flatMap((backend) => [[backend, false] as const, [backend, true] as const]))(
  "a head gives the published numbers on %s, training %s",
  async (backend, training) => {
    const { score } = await runNode(criticHeads, { features }, { ks: 3 }, { backend, training, weights: state });
    const expected = training ? head.train_out : head.eval_out;
    (score as number[][]).flat().forEach((value, i) => expect(value).toBeCloseTo(expected.data[i] ?? NaN, 4));
  },
);

test("one step of the power iteration moves both singular vectors, as published", async () => {
  await onBackend("reference", async () => {
    const weight = (name: string): Tensor => {
      const array = state.get(`heads.0.${name}`);
      return tf.tensor(array?.data ?? [], [...(array?.shape ?? [])]);
    };
    for (const layer of ["0.0", "1.fn.0", "2"]) {
      const kept = new Map<string, Tensor>();
      spectralWeight(weight as never, layer, (name, value) => kept.set(name, value as never));
      for (const name of [`${layer}.weight_u`, `${layer}.weight_v`]) {
        const found = await kept.get(name)?.data();
        expect(found).toHaveLength(head.u_v_after_one_train_forward[name]?.data.length ?? 0);
        head.u_v_after_one_train_forward[name]?.data.forEach((value, i) => expect(found?.[i]).toBeCloseTo(value, 5));
      }
    }
  });
});

test.each(backends)("gradients are PyTorch's on %s", async (backend) => {
  const file = await readFile("test/fixtures/stage1/head-gradients.json", "utf8");
  const { gradients: expected } = JSON.parse(file) as { gradients: Record<string, number[]> };
  await onBackend(backend, async () => {
    const variables = new Map([...state].map(([name, { data, shape }]) => [name, tf.variable(tf.tensor(data, [...shape]))]));
    const given = tf.variable(tf.tensor(features.data, [...features.shape]));
    const names = Object.keys(expected).filter((name) => name !== "features");
    const trained = names.map((name) => variables.get(`heads.0.${name}`) as Variable);
    const { gradients } = differentiate(() => {
      const weights = (name: string): Tensor => variables.get(name) as Variable;
      const context = { training: false } as StepContext;
      const params = criticHeads.params.parse({ ks: 3 });
      const outputs = (criticHeads as ModelNode).apply(weights as never, { features: given }, params, context);
      const score = outputs["score"] as Tensor;
      const pull = tf.reshape(tf.tensor1d(Array.from({ length: score.size }, (_, i) => Math.sin(i))), score.shape);
      return tf.sum(tf.mul(score, pull));
    }, [given, ...trained]);
    for (const [i, name] of ["features", ...names].entries()) {
      const largest = Math.max(...(expected[name] ?? []).map(Math.abs));
      (await gradients[i]?.data())?.forEach((value, j) =>
        expect(Math.abs(value - (expected[name]?.[j] ?? NaN))).toBeLessThan(2e-4 * largest + 2e-3),
      );
    }
    tf.dispose([...variables.values(), given]);
  });
});

test("gradients pass through the largest singular value with its vectors constant", async () => {
  await onBackend("reference", async () => {
    // u = v = (0.6, 0.8); W/σ with σ = uᵀWv, pulled at by (1, 2; 3, 4).
    const pull = [1, 2, 3, 4];
    const vector = tf.tensor1d([0.6, 0.8]);
    const value = (kernel: Tensor): Tensor => {
      const weights = (name: string): Tensor => (name.endsWith("orig") ? kernel : vector);
      return tf.sum(tf.mul(spectralWeight(weights as never, "x"), tf.tensor(pull, [2, 2, 1])));
    };
    const start = [2, 0.5, -1, 1.5];
    const gradient = await tf
      .grad(value)(tf.tensor(start, [2, 2, 1]))
      .data();
    for (const [i, found] of gradient.entries()) {
      const at = (by: number): number =>
        value(
          tf.tensor(
            start.map((x, j) => (i === j ? x + by : x)),
            [2, 2, 1],
          ),
        ).dataSync()[0] ?? NaN;
      expect(found).toBeCloseTo((at(1e-2) - at(-1e-2)) / 2e-2, 2);
    }
  });
});

test.each([
  [{ ks: 4 }, "ks 4 is even; take 5"],
  [{ ks: 13 }, "ks 13 goes more than once around 5 tokens; take at most 9"],
  [{ norm_type: "gn" }, "norm_type gn needs a multiple of 32 channels, not 4"],
])("refuses %j", async (params, message) => {
  await expect(runNode(criticHeads, { features }, params)).rejects.toThrow(message);
});
