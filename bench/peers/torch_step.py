"""The training step of bench/step/step.yaml in PyTorch, as a user of PyTorch would write it; prints one JSON line with its times.

    OMP_NUM_THREADS=2 python3 torch_step.py --config mini|mid|s --precision fp32|bf16 [--compile] [--steps 10]

PyTorch 1.13 and newer.
"""

import argparse
import copy
import json
import math
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

# side, channels, (width, blocks, heads) of body and head, classes, batch: the sizes of bench/step/configs.mjs
SIZES = {
    "mini": (8, 64, (128, 6, 4), (192, 2, 6), 10, 32),
    "mid": (16, 256, (256, 8, 4), (512, 2, 8), 10, 4),
    "s": (16, 768, (384, 12, 6), (2048, 2, 16), 1000, 2),
}


class RootMeanSquare(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x):
        wide = x.float()
        scale = torch.rsqrt(torch.mean(wide * wide, dim=-1, keepdim=True) + 1e-6)
        return (wide * scale).to(x.dtype) * self.gain


def rotary(side, head_width):
    """Cosines and sines [side², head width]: the first half turns with the row, the second with the column."""
    pairs = head_width // 4
    speed = 10000.0 ** (-torch.arange(pairs) / pairs)
    angle = torch.outer(torch.arange(side).float(), speed).repeat_interleave(2, dim=1)
    row = angle.repeat_interleave(side, dim=0)
    column = angle.repeat(side, 1)
    both = torch.cat((row, column), dim=1)
    return both.cos(), both.sin()


def turn(x, cos, sin):
    """Each pair of neighbours (a, b), turned: (a, b)·cos + (−b, a)·sin."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return x * cos + torch.stack((-odd, even), dim=-1).flatten(-2) * sin


if hasattr(F, "scaled_dot_product_attention"):
    attend = F.scaled_dot_product_attention
else:

    def attend(q, k, v):
        weights = torch.matmul(q, k.transpose(-1, -2)) * q.shape[-1] ** -0.5
        return torch.matmul(weights.softmax(dim=-1), v)


class Block(nn.Module):
    def __init__(self, width, heads, side):
        super().__init__()
        self.heads = heads
        inner = int(2 / 3 * int(4 * width))
        self.before_attention = RootMeanSquare(width)
        self.before_mlp = RootMeanSquare(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.mix = nn.Linear(width, width)
        self.expand = nn.Linear(width, 2 * inner)
        self.shrink = nn.Linear(inner, width)
        self.adapt = nn.Linear(width, 6 * width)
        cos, sin = rotary(side, width // heads)
        self.register_buffer("cos", cos)
        self.register_buffer("sin", sin)

    def forward(self, x, condition):
        shift1, scale1, gate1, shift2, scale2, gate2 = torch.chunk(self.adapt(condition), 6, dim=-1)
        batch, tokens, width = x.shape
        qkv = self.qkv(self.before_attention(x) * (1 + scale1) + shift1)
        q, k, v = qkv.view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = (turn(part, self.cos, self.sin).to(v.dtype) for part in (q, k))
        mixed = attend(q, k, v).transpose(1, 2).reshape(batch, tokens, width)
        x = x + gate1 * self.mix(mixed)
        wave, open_ = torch.chunk(self.expand(self.before_mlp(x) * (1 + scale2) + shift2), 2, dim=-1)
        return x + gate2 * self.shrink(F.silu(wave) * open_)


class DiTDH(nn.Module):
    """A narrow deep body reads the latent; a wide shallow head, conditioned on it token by token, gives the velocity."""

    def __init__(self, side, channels, body, head, classes):
        super().__init__()
        (narrow, depth, heads), (wide, head_depth, head_heads) = body, head
        self.body_in = nn.Linear(channels, narrow)
        self.head_in = nn.Linear(channels, wide)
        self.register_buffer("position", 0.02 * torch.randn(1, side * side, narrow))
        self.register_buffer("frequency", torch.randn(256))
        self.time = nn.Sequential(nn.Linear(512, narrow), nn.SiLU(), nn.Linear(narrow, narrow))
        self.label = nn.Embedding(classes + 1, narrow)
        self.body = nn.ModuleList([Block(narrow, heads, side) for _ in range(depth)])
        self.join = nn.Linear(narrow, wide)
        self.head = nn.ModuleList([Block(wide, head_heads, side) for _ in range(head_depth)])
        self.last_norm = RootMeanSquare(wide)
        self.last_adapt = nn.Linear(wide, 2 * wide)
        self.out = nn.Linear(wide, channels)

    def forward(self, x, t, label):
        angle = 2 * math.pi * t.unsqueeze(1) * self.frequency
        moment = self.time(torch.cat((angle.sin(), angle.cos()), dim=1))
        condition = F.silu(F.silu(moment + self.label(label))).unsqueeze(1)
        seen = self.body_in(x) + self.position
        for block in self.body:
            seen = block(seen, condition)
        per_token = F.silu(self.join(F.silu(seen + moment.unsqueeze(1))))
        h = self.head_in(x)
        for block in self.head:
            h = block(h, per_token)
        shift, scale = torch.chunk(self.last_adapt(per_token), 2, dim=-1)
        return self.out(self.last_norm(h) * (1 + scale) + shift)


def adamw(parameters):
    settings = dict(lr=2e-4, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0)
    try:
        return torch.optim.AdamW(parameters, fused=True, **settings)
    except (RuntimeError, TypeError):  # older versions fuse on GPUs only, or not at all
        return torch.optim.AdamW(parameters, foreach=True, **settings)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", choices=SIZES, default="mini")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--steps", type=int, default=10)
    options = parser.parse_args()
    torch.manual_seed(0)
    side, channels, body, head, classes, batch = SIZES[options.config]
    model = DiTDH(side, channels, body, head, classes)
    parameters = list(model.parameters())
    average = list(copy.deepcopy(model).parameters())
    optimizer = adamw(parameters)
    predict = torch.compile(model) if options.compile else model

    def step():
        data = torch.randn(batch, side * side, channels)
        noise = torch.randn_like(data)
        t = torch.rand(batch)
        label = torch.randint(classes, (batch,))
        at = t.view(batch, 1, 1)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bf16"):
            velocity = predict((1 - at) * data + at * noise, t, label)
        loss = F.mse_loss(velocity.float(), noise - data)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        with torch.no_grad():
            torch._foreach_mul_(average, 0.9995)
            torch._foreach_add_(average, parameters, alpha=0.0005)
        return loss.item()

    for _ in range(3):
        step()
    times = []
    for _ in range(options.steps):
        start = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - start))
    ms = statistics.median(times)
    print(
        json.dumps(
            dict(
                config=options.config,
                precision=options.precision,
                compile=options.compile,
                torch=torch.__version__,
                params=sum(p.numel() for p in parameters),
                batch=batch,
                ms_median=ms,
                ms_min=min(times),
                images_per_s=1e3 * batch / ms,
            )
        )
    )


if __name__ == "__main__":
    main()
