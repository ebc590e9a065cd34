import { graphText } from "./graph-files.js";
import type { ScaffoldGraph } from "./graph-files.js";
import { checkScaffoldName } from "./scaffold-name.js";

/** A node with its test, and a graph that uses it. The name is a type, `my.noise`, or its last part. */
export function nodeFiles(
  name: string,
  packageFrom: (folder: string) => string,
): {
  files: Record<string, string>;
  graphs: ScaffoldGraph[];
  next: string[];
} {
  checkScaffoldName(name, /^([a-z][a-z0-9_]*\.)?[a-z][a-z0-9_]*$/, "my.noise");
  const type = name.includes(".") ? name : `my.${name}`;
  const file = kebab(type);
  return {
    files: {
      [`nodes/${file}.ts`]: nodeText(type),
      [`nodes/${file}.test.ts`]: testText(type),
      [`graphs/${file}.yaml`]: graphText(file, packageFrom("graphs"), `../nodes/${file}.ts`, type),
    },
    graphs: [{ file: `graphs/${file}.yaml`, plugin: `nodes/${file}.ts` }],
    next: [
      `node --import raegraph/register --test nodes/${file}.test.ts`,
      `graph check graphs/${file}.yaml`,
      `graph run graphs/${file}.yaml`,
    ],
  };
}

/** The file of a type: `my.blue_noise` lies in `blue-noise.ts`. */
export function kebab(type: string): string {
  return (type.split(".").at(-1) ?? type).replaceAll("_", "-");
}

/** The code of a node that adds noise. */
export function nodeText(type: string): string {
  return `import { defineNode, tensor, tf, z } from "raegraph";

/** Adds normal noise of one strength; the same for the same seed, node and step, on every backend. */
export const ${camel(type)} = defineNode({
  kind: "map",
  type: "${type}",
  note: "Adds normal noise.",
  inputs: { x: tensor("f32[B,...]") },
  outputs: { y: tensor("f32[B,...]") },
  params: z.object({ strength: z.number().min(0).default(0.1).describe("standard deviation of the noise") }),
  run({ x }, { strength }, { random }) {
    return { y: tf.add(x, tf.mul(random.normal(x.shape), strength)) };
  },
});
`;
}

/** Its test, for Node's own test runner. */
export function testText(type: string): string {
  const node = camel(type);
  return `import assert from "node:assert/strict";
import { test } from "node:test";
import { checkNode, runNode } from "raegraph/testing";
import { ${node} } from "./${kebab(type)}.js";

test("adds the noise, times its strength", async () => {
  const { y } = await runNode(${node}, { x: [[1, 2]] }, { strength: 0.5 }, { noise: [[2, -2]] });
  assert.deepEqual(y, [[2, 1]]);
});

test("refuses a negative strength", async () => {
  await assert.rejects(runNode(${node}, { x: [[1]] }, { strength: -1 }), /strength/);
});

test("keeps the promises of every node", async () => {
  await checkNode(${node}, { inputs: { x: [[1, 2], [3, 4]] } });
});
`;
}

/** The constant of a type: `my.blue_noise` is `blueNoise`. */
export function camel(type: string): string {
  return kebab(type).replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());
}
