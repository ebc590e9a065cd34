"""The cases of bench/cuda.mjs in PyTorch on a GPU: one JSON line with milliseconds by the GPU's clock; on a CPU by the host's, to try it."""

import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--size", type=int, default=8192)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--parameters", type=int, default=200_000_000)
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--device", default="cuda")
options = parser.parse_args()
device = options.device
N, D, heads = 256, 1152, 16


def once(work):
    if device == "cpu":
        start = time.perf_counter()
        work()
        return (time.perf_counter() - start) * 1e3
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    work()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end)


def milliseconds(work):
    for _ in range(3):
        work()
    return statistics.median(once(work) for _ in range(options.steps))


def results(dtype):
    def random(*shape):
        return torch.rand(*shape, device=device, dtype=dtype) - 0.5

    a, b = random(options.size, options.size), random(options.size, options.size)
    yield f"product {options.size}³", milliseconds(lambda: F.linear(a, b))
    del a, b
    q, k, v = (random(options.batch, heads, N, D // heads).requires_grad_() for _ in range(3))
    yield "attention", milliseconds(lambda: F.scaled_dot_product_attention(q, k, v))
    y = F.scaled_dot_product_attention(q, k, v)
    pull = torch.rand_like(y)
    yield "attention, backward", milliseconds(lambda: torch.autograd.grad(y, (q, k, v), pull, retain_graph=True))
    x, weight = random(options.batch, N, D).requires_grad_(), random(D).requires_grad_()
    yield "rms_norm", milliseconds(lambda: F.rms_norm(x, (D,), weight, 1e-6))
    normed = F.rms_norm(x, (D,), weight, 1e-6)
    dy = torch.rand_like(normed)
    yield "rms_norm, backward", milliseconds(lambda: torch.autograd.grad(normed, (x, weight), dy, retain_graph=True))


def optimizer():
    side = int(options.parameters**0.5)
    p = torch.full((side, side), 0.01, device=device, requires_grad=True)
    average = p.detach().clone()
    p.grad = torch.full_like(p, 0.001)
    adam = torch.optim.AdamW([p], lr=1e-4, betas=(0.9, 0.95), weight_decay=0.0, fused=device == "cuda")

    def work():
        torch.nn.utils.clip_grad_norm_([p], 1.0)
        adam.step()
        with torch.no_grad():
            average.lerp_(p, 0.001)

    return milliseconds(work)


torch.backends.cuda.matmul.allow_tf32 = False
found = {"device": device if device == "cpu" else torch.cuda.get_device_name(), "torch": torch.__version__}
for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
    found[name] = [{"name": case, "ms": ms} for case, ms in results(dtype)]
found["optimizer"] = [{"name": "adamw with clipping and average", "ms": optimizer()}]
print(json.dumps(found))
