import { z } from "zod";
import type { HostContext } from "../../core/define-node.js";

/** Param that names what gave the features. */
export const extractorParam = z
  .string()
  .regex(/^[\w.-]+$/)
  .optional()
  .describe("what gave the features, part of the result's name; default the encoder and the hash of its weights file");

/** What gave features, as results are named by it. */
export interface Extractor {
  /** True for Inception-v3, whose Fréchet distance is the FID. */
  readonly inception: boolean;
  /** End of the results' names: of Inception the first 8 digits of its weights' SHA-256; empty where that is not known. */
  readonly name: string;
}

/**
 * The extractor before a node: the one that the graph names, or the models of its inputs. Throws an Error where there is none, or
 * where weights of several files gave the features, which cannot be compared.
 */
export async function findExtractor(given: string | undefined, context: HostContext): Promise<Extractor> {
  const encoders = (await context.origins()).filter(({ type }) => type.startsWith("encoder."));
  const own = encoders.filter(({ type }) => type === "encoder.inception_v3");
  const [first, ...others] = own.length > 0 ? own : encoders;
  if (others.some((other) => other.sha256 !== first?.sha256 || other.type !== first?.type))
    throw new Error(
      `features of ${[first, ...others].map((origin) => `${origin?.type ?? ""} ${hash(origin?.sha256)}`).join(" and ")} cannot be compared; give all encoders the same weights`,
    );
  if (own.length > 0 || given === "inception")
    return { inception: true, name: hash(first?.type === "encoder.inception_v3" ? first.sha256 : undefined) };
  if (given !== undefined) return { inception: false, name: given };
  if (!first) throw new Error("it is not known what gave the features; name it with the param extractor");
  return { inception: false, name: [first.type.replace("encoder.", ""), hash(first.sha256)].filter(Boolean).join("_") };
}

/** `fid_6726825d`, `kid_dinov2_1a2b3c4d`. */
export function named(metric: string, { name }: Extractor): string {
  return name === "" ? metric : `${metric}_${name}`;
}

function hash(sha256: string | undefined): string {
  return sha256?.slice(0, 8) ?? "";
}
