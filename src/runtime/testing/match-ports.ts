import type { Ports } from "../../core/define-node.js";
import { parseSpec } from "../../core/language/port-type.js";
import { nearNames } from "../../core/near-names.js";

/** The type and shape of an array at a port. */
export interface Shaped {
  readonly dtype: "f32" | "i32";
  readonly shape: readonly number[];
}

/** Sizes by the names of a node's ports; `...` stands for the sizes that its dots cover. */
export interface Sizes {
  readonly names: Map<string, number>;
  row: readonly number[] | undefined;
}

/**
 * Holds arrays against the declared types of their ports and notes the sizes that names stand for. Gives what does not fit, each with the
 * declared type: an unknown port, another dtype, another number of axes, or a size that the name has not elsewhere.
 */
export function matchPorts(side: "input" | "output", ports: Ports, arrays: ReadonlyMap<string, Shaped>, sizes: Sizes): string[] {
  return [...arrays].flatMap(([name, array]) => {
    const port = ports[name];
    if (!port) {
      const near = nearNames(name, Object.keys(ports)).map((other) => `"${other}"`);
      const cure =
        near.length > 0 ? `did you mean ${near.join(" or ")}?` : `there are ${Object.keys(ports).join(", ") || "none"}`;
      return [`no ${side} "${name}"; ${cure}`];
    }
    const wrong = matchSpec(port.spec, array, sizes);
    return wrong === undefined
      ? []
      : [`${side} "${name}" is ${array.dtype}[${array.shape.join(",")}], declared ${port.spec}: ${wrong}`];
  });
}

function matchSpec(text: string, { dtype, shape }: Shaped, sizes: Sizes): string | undefined {
  const spec = parseSpec(text);
  if (spec.kind !== "tensor") return `a tensor is no ${spec.kind}`;
  if (spec.dtype !== dtype) return `${dtype} is not ${spec.dtype ?? "f32"}`;
  const dots = spec.axes.indexOf("...");
  const least = spec.axes.length - (dots < 0 ? 0 : 1);
  if (shape.length < least || (dots < 0 && shape.length > least)) return `it has ${shape.length} axes`;
  const covered = shape.length - least;
  for (const [i, axis] of spec.axes.entries()) {
    if (axis === "...") {
      const row = shape.slice(i, i + covered);
      if (sizes.row && sizes.row.join() !== row.join()) return `... is [${sizes.row.join(",")}] elsewhere`;
      sizes.row = row;
      continue;
    }
    const size = shape[dots >= 0 && i > dots ? i + covered - 1 : i] ?? 0;
    const known = typeof axis === "number" ? axis : sizes.names.get(axis);
    if (known !== undefined && known !== size)
      return typeof axis === "number" ? `${size} is not ${axis}` : `${axis} is ${known} elsewhere`;
    if (typeof axis === "string") sizes.names.set(axis, size);
  }
  return undefined;
}
