import { builtinBackends } from "../../backends/index.js";
import type { NodeDef } from "../../core/define-node.js";
import type { Tensor } from "../../core/tensor.js";
import { toNested } from "./arrays.js";
import type { Nested } from "./arrays.js";
import { checkGradient } from "./check-gradient.js";
import type { Findings, NodeExample } from "./node-example.js";
import { differences } from "./differences.js";
import { matchPorts } from "./match-ports.js";
import { isTensor, nodeFunction, shapedOf } from "./node-function.js";
import type { NodeFunction } from "./node-function.js";
import { onBackend } from "./run-node.js";

type Named = Readonly<Record<string, Nested>>;

/** A map or model: declared shapes, purity, gradients, and the same numbers on every backend. */
export async function checkFunction(def: NodeDef, example: NodeExample, findings: Findings): Promise<void> {
  const tolerance = example.tolerance ?? 0.01;
  const plain = await onBackend("reference", async () => {
    const node = nodeFunction(def, example.inputs ?? {}, example.params ?? {}, example);
    try {
      const before = await numbersOf(node.tensors);
      const outputs = tensorsOf(node);
      const first = await numbersOf(outputs);
      const shapes = new Map(Object.entries(outputs).map(([port, tensor]) => [port, shapedOf(tensor)]));
      findings.held("declared shapes", [...matchPorts("output", def.outputs, shapes, node.sizes), ...absent(def, outputs)]);
      findings.held("inputs are left alone", differences(before, await numbersOf(node.tensors), 0));
      findings.held("same result twice", differences(first, await numbersOf(tensorsOf(node)), 0));
      if (example.gradient === false) findings.skipped("gradient", "the example says that there is none");
      else await checkGradient(def, node, tolerance, findings);
      return first;
    } finally {
      node.dispose();
    }
  });
  for (const id of await backendsFor(example)) {
    const other = await onBackend(id, async () => {
      const node = nodeFunction(def, example.inputs ?? {}, example.params ?? {}, example);
      try {
        return await numbersOf(tensorsOf(node));
      } finally {
        node.dispose();
      }
    });
    findings.held(`${id} equals reference`, differences(plain, other, tolerance));
  }
}

async function backendsFor({ backends }: NodeExample): Promise<readonly string[]> {
  if (backends) return backends.filter((id) => id !== "reference");
  const probed = await Promise.all(
    builtinBackends.map(async (backend) => ({ id: backend.id, available: (await backend.probe()).available })),
  );
  return probed.flatMap(({ id, available }) => (available && id !== "reference" ? [id] : []));
}

function tensorsOf(node: NodeFunction): Readonly<Record<string, Tensor>> {
  return Object.fromEntries(Object.entries(node.call()).flatMap(([port, value]) => (isTensor(value) ? [[port, value]] : [])));
}

async function numbersOf(tensors: Readonly<Record<string, Tensor>>): Promise<Named> {
  const entries: [string, Nested][] = [];
  for (const [port, tensor] of Object.entries(tensors)) entries.push([port, await toNested(tensor)]);
  return Object.fromEntries(entries);
}

function absent(def: NodeDef, outputs: Readonly<Record<string, Tensor>>): string[] {
  return Object.entries(def.outputs).flatMap(([port, { kind, optional }]) =>
    kind === "tensor" && !optional && !(port in outputs) ? [`output "${port}" is missing`] : [],
  );
}
