import { gelu } from "../../../core/ops/gelu.js";
import { silu } from "../../../core/ops/silu.js";
import { swiglu } from "../../../core/ops/swiglu.js";
import type { TensorInfo } from "../../../core/tensor.js";
import { fusedKernels } from "../../shared/fused.js";
import type { BackendKernel } from "../../shared/fused.js";
import type { KernelTable } from "../../shared/open-device.js";
import { allFloat, lastAxis, sameShape, sizeOf } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import { index, main, spreadOver } from "../shader.js";
import type { Shader } from "../shader.js";
import { activationText } from "./activation-text.js";

/** SiLU, GELU in both forms and SwiGLU, with their gradients. */
export const activationKernels: KernelTable = {
  ...fusedKernels(
    silu,
    forward(() => "silu"),
    backward(() => "silu"),
  ),
  ...fusedKernels(gelu, forward(geluForm), backward(geluForm)),
  ...fusedKernels<WebGpuBackend>(
    swiglu,
    ({ u }, _attrs, backend) => {
      const half = lastAxis(u?.shape ?? []) / 2;
      if (!u || !allFloat(u) || !Number.isInteger(half) || sizeOf(u.shape) === 0) return undefined;
      const out = backend.output([...u.shape.slice(0, -1), half]);
      const size = sizeOf(out.shape);
      backend.run(swigluShader, { reads: [u], writes: [out], numbers: [size, half], groups: spreadOver(size) });
      return out;
    },
    ({ dy, u }, _attrs, backend) => {
      const half = lastAxis(u?.shape ?? []) / 2;
      if (!u || !dy || !allFloat(u, dy) || !Number.isInteger(half) || sizeOf(u.shape) === 0) return undefined;
      const out = backend.output(u.shape);
      const size = sizeOf(dy.shape);
      backend.run(swigluGradShader, { reads: [dy, u], writes: [out], numbers: [size, half], groups: spreadOver(size) });
      return [out];
    },
  ),
};

function geluForm(attrs: Readonly<Record<string, unknown>>): "gelu" | "gelu_tanh" {
  return attrs["form"] === "tanh" ? "gelu_tanh" : "gelu";
}

type Name = "silu" | "gelu" | "gelu_tanh";

function forward(name: (attrs: Readonly<Record<string, unknown>>) => Name): BackendKernel<WebGpuBackend, TensorInfo> {
  return ({ x }, attrs, backend) => {
    const size = sizeOf(x?.shape ?? []);
    if (!x || !allFloat(x) || size === 0) return undefined;
    const out = backend.output(x.shape);
    backend.run(unary(name(attrs)), { reads: [x], writes: [out], numbers: [size], groups: spreadOver(size) });
    return out;
  };
}

function backward(name: (attrs: Readonly<Record<string, unknown>>) => Name): BackendKernel<WebGpuBackend, readonly TensorInfo[]> {
  return ({ dy, x }, attrs, backend) => {
    const size = sizeOf(x?.shape ?? []);
    if (!x || !dy || !allFloat(x, dy) || !sameShape(x.shape, dy.shape) || size === 0) return undefined;
    const out = backend.output(x.shape);
    backend.run(unaryGrad(name(attrs)), { reads: [dy, x], writes: [out], numbers: [size], groups: spreadOver(size) });
    return [out];
  };
}

function unary(name: Name): Shader {
  const code = `${activationText}
${main} {
  let i = ${index};
  if (i < u.size) { y[i] = ${name}(x[i]); }
}`;
  return { name, reads: ["x"], writes: ["y"], numbers: ["size"], code };
}

function unaryGrad(name: Name): Shader {
  const code = `${activationText}
${main} {
  let i = ${index};
  if (i < u.size) { dx[i] = dy[i] * ${name}_slope(x[i]); }
}`;
  return { name: `${name}_grad`, reads: ["dy", "x"], writes: ["dx"], numbers: ["size"], code };
}

const swigluShader: Shader = {
  name: "swiglu",
  reads: ["ab"],
  writes: ["y"],
  numbers: ["size", "width"],
  code: `${activationText}
${main} {
  let i = ${index};
  if (i >= u.size) { return; }
  let at = (i / u.width) * 2u * u.width + i % u.width;
  y[i] = silu(ab[at]) * ab[at + u.width];
}`,
};

const swigluGradShader: Shader = {
  name: "swiglu_grad",
  reads: ["dy", "ab"],
  writes: ["dab"],
  numbers: ["size", "width"],
  code: `${activationText}
${main} {
  let i = ${index};
  if (i >= u.size) { return; }
  let at = (i / u.width) * 2u * u.width + i % u.width;
  dab[at] = dy[i] * ab[at + u.width] * silu_slope(ab[at]);
  dab[at + u.width] = dy[i] * silu(ab[at]);
}`,
};
