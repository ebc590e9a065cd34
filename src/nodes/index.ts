import type { NodeDef } from "../core/define-node.js";
import { batchNodes } from "./batch/index.js";
import { criticNodes } from "./critic/index.js";
import { dataNodes } from "./data/index.js";
import { decoderNodes } from "./decoder/index.js";
import { encoderNodes } from "./encoder/index.js";
import { flowNodes } from "./flow/index.js";
import { imageNodes } from "./image/index.js";
import { latentNodes } from "./latent/index.js";
import { lossNodes } from "./loss/index.js";
import { metricNodes } from "./metric/index.js";
import { modelNodes } from "./model/index.js";
import { outNodes } from "./out/index.js";
import { trainNodes } from "./train/index.js";

/** Every built-in node type. */
export const builtinNodes: readonly NodeDef[] = [
  ...dataNodes,
  ...batchNodes,
  ...imageNodes,
  ...encoderNodes,
  ...latentNodes,
  ...flowNodes,
  ...modelNodes,
  ...criticNodes,
  ...lossNodes,
  ...trainNodes,
  ...decoderNodes,
  ...metricNodes,
  ...outNodes,
];

/** Node types by name. Throws where two share one. */
export function nodeRegistry(nodes: readonly NodeDef[]): ReadonlyMap<string, NodeDef> {
  const registry = new Map<string, NodeDef>();
  for (const node of nodes) {
    if (registry.has(node.type)) throw new Error(`two node types are called "${node.type}"`);
    registry.set(node.type, node);
  }
  return registry;
}
