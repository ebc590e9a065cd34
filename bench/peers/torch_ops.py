"""The ops of bench/ops/cases.mjs and the optimizer of bench/ops/memory.mjs in PyTorch; prints one JSON line with milliseconds by name.

    OMP_NUM_THREADS=2 python3 torch_ops.py --precision fp32|bf16 [--compile] [--brief]
"""

import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F

from torch_step import adamw, attend, rotary, turn

B, N, D, HEADS = 16, 256, 768, 12


def heads_of(qkv):
    return qkv.view(B, N, 3, HEADS, D // HEADS).permute(2, 0, 3, 1, 4).unbind(0)


def joined(x):
    return x.transpose(1, 2).reshape(B, N, D)


def attention(qkv):
    return joined(attend(*heads_of(qkv)))


def attention_rotary(qkv, cos, sin):
    q, k, v = heads_of(qkv)
    return joined(attend(turn(q, cos, sin).to(v.dtype), turn(k, cos, sin).to(v.dtype), v))


def rms_norm(x, weight):
    return x * torch.rsqrt(torch.mean(x * x, dim=-1, keepdim=True) + 1e-6) * weight


def layer_norm(x, weight, bias):
    return F.layer_norm(x, (D,), weight, bias, 1e-6)


def modulate(x, scale, shift):
    return x * (1 + scale) + shift


def swiglu(u):
    wave, open_ = u.chunk(2, dim=-1)
    return F.silu(wave) * open_


def gelu(x):
    return F.gelu(x, approximate="tanh")


def clock(work, brief):
    def once():
        start = time.perf_counter()
        work()
        return 1e3 * (time.perf_counter() - start)

    once()
    count = 3 if brief else max(5, min(200, round(300 / once())))
    return statistics.median(once() for _ in range(count))


def time_op(op, inputs, brief):
    """Milliseconds forward, as in training, and backward."""
    y = op(*inputs)
    dy = torch.randn_like(y)
    learned = [x for x in inputs if x.requires_grad]
    forward = clock(lambda: op(*inputs), brief)
    return forward, clock(lambda: torch.autograd.grad(y, learned, dy, retain_graph=True), brief)


def time_adamw(brief):
    """Clipping, AdamW and moving average over 20 M parameters in 100 tensors."""
    parameters = [torch.nn.Parameter(1e-3 * torch.randn(200_000)) for _ in range(100)]
    average = [p.detach().clone() for p in parameters]
    for p in parameters:
        p.grad = 1e-3 * torch.randn_like(p)
    optimizer = adamw(parameters)

    def step():
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        with torch.no_grad():
            torch._foreach_mul_(average, 0.9995)
            torch._foreach_add_(average, parameters, alpha=0.0005)

    return clock(step, brief)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--brief", action="store_true", help="three calls of each, to compare ways to run this")
    options = parser.parse_args()
    torch.manual_seed(0)
    # Attention is the only product of matrices here; the rest stays in float32, as in a step under autocast.
    dtype = torch.bfloat16 if options.precision == "bf16" else torch.float32

    def learned(*shape, dtype=torch.float32):
        return torch.randn(*shape).to(dtype).requires_grad_()

    cos, sin = rotary(16, D // HEADS)
    cases = {
        "attention": (attention, [learned(B, N, 3 * D, dtype=dtype)]),
        "attention_rotary": (attention_rotary, [learned(B, N, 3 * D, dtype=dtype), cos, sin]),
        "rms_norm": (rms_norm, [learned(B, N, D), learned(D)]),
        "layer_norm": (layer_norm, [learned(B, N, D), learned(D), learned(D)]),
        "modulate": (modulate, [learned(B, N, D), learned(B, 1, D), learned(B, 1, D)]),
        "swiglu": (swiglu, [learned(B, N, 4096)]),
        "gelu": (gelu, [learned(B, N, 4 * D)]),
    }
    rows = {"adamw": time_adamw(options.brief)}
    for name, (op, inputs) in cases.items():
        call = torch.compile(op) if options.compile else op
        rows[f"{name} forward"], rows[f"{name} backward"] = time_op(call, inputs, options.brief)
    print(json.dumps(dict(torch=torch.__version__, compile=options.compile, rows=rows)))


if __name__ == "__main__":
    main()
