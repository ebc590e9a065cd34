"""How far PyTorch's own sample by dopri5 lies from the recorded one, as it is run now; prints one line.

    python3 bench/peers/torch_dopri5.py [FIXTURE] [--threads N] [--float64] [--own-attention] [--save FILE]

FIXTURE is the folder test/fixtures/sampling or another of its kind; its dopri5-float64.safetensors was saved with --float64. Steps are chosen as torchdiffeq chooses them. The environment variable
ATEN_CPU_CAPABILITY=default|avx2 has PyTorch take other instructions. Needs numpy and PyTorch 2.
"""

import argparse
import json
import math
import pathlib
import struct

import numpy as np
import torch
import torch.nn.functional as F

NUMPY = {"F32": np.float32, "I64": np.int64, "I32": np.int32}
NODES = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1]
STAGES = [
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
]
ERROR = [
    35 / 384 - 1951 / 21600,
    0,
    500 / 1113 - 22642 / 50085,
    125 / 192 - 451 / 720,
    -2187 / 6784 + 12231 / 42400,
    11 / 84 - 649 / 6300,
    -1 / 60,
]
MIDDLE = [
    6025192743 / 30085553152 / 2,
    0,
    51252292925 / 65400821598 / 2,
    -2691868925 / 45128329728 / 2,
    187940372067 / 1594534317056 / 2,
    -1776094331 / 19743644256 / 2,
    11237099 / 235043384 / 2,
]
RTOL, ATOL = 1e-3, 1e-6


def read(path):
    """The tensors of a safetensors file."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for key, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        numbers = np.frombuffer(raw[start:end], NUMPY[entry["dtype"]]).reshape(entry["shape"])
        tensors[key] = torch.from_numpy(numbers.copy())
    return tensors


def save(path, key, tensor):
    """One tensor as a safetensors file of float32."""
    numbers = tensor.float().contiguous().numpy().tobytes()
    entry = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [0, len(numbers)]}
    header = json.dumps({key: entry}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + numbers)


class Velocity:
    """DiT-DH of a fixture: two widths, SwiGLU, RMS norm, rotary attention."""

    def __init__(self, folder, dtype, own_attention):
        self.config = json.loads((folder / "config.json").read_text())["model"]
        every = read(folder / "weights.safetensors")
        self.weights = {key[len("model.") :]: value.to(dtype) for key, value in every.items() if key.startswith("model.")}
        self.dtype, self.own_attention = dtype, own_attention
        side = self.config["input_size"]
        self.tables = [self.rotary(side, w // h) for w, h in zip(self.config["hidden_size"], self.config["num_heads"])]

    def rotary(self, side, width):
        half = width // 2
        speed = 10000.0 ** (-torch.arange(0, half, 2).to(self.dtype) / half)
        angle = (torch.arange(side).to(self.dtype)[:, None] * speed).repeat_interleave(2, -1)
        row, column = angle[:, None].expand(side, side, half), angle[None].expand(side, side, half)
        both = torch.cat([row, column], -1).reshape(side * side, width)
        return both.cos(), both.sin()

    def linear(self, x, name):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def patches(self, x, name):
        return F.conv2d(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]).flatten(2).transpose(1, 2)

    def norm(self, x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weights[f"{name}.weight"]

    def attention(self, q, k, v):
        if not self.own_attention:
            return F.scaled_dot_product_attention(q, k, v)
        return torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), -1) @ v

    def block(self, x, condition, index, part):
        name, heads, (cos, sin) = f"blocks.{index}", self.config["num_heads"][part], self.tables[part]
        samples, tokens, width = x.shape
        parts = self.linear(F.silu(condition), f"{name}.adaLN_modulation.1").chunk(6, -1)
        shift, scale, gate, shift2, scale2, gate2 = parts

        def turned(y):
            a, b = y.reshape(*y.shape[:-1], -1, 2).unbind(-1)
            return y * cos + torch.stack((-b, a), -1).reshape(y.shape) * sin

        qkv = self.linear(self.norm(x, f"{name}.norm1") * (1 + scale) + shift, f"{name}.attn.qkv")
        q, k, v = qkv.reshape(samples, tokens, 3, heads, -1).permute(2, 0, 3, 1, 4)
        mixed = self.attention(turned(q), turned(k), v).transpose(1, 2).reshape(samples, tokens, width)
        x = x + gate * self.linear(mixed, f"{name}.attn.proj")
        up = self.linear(self.norm(x, f"{name}.norm2") * (1 + scale2) + shift2, f"{name}.mlp.w12")
        a, b = up.chunk(2, -1)
        return x + gate2 * self.linear(F.silu(a) * b, f"{name}.mlp.w3")

    def __call__(self, x, t, label):
        samples, channels, height, width = x.shape
        body, head = self.config["depth"]
        phase = t.expand(samples)[:, None] * self.weights["t_embedder.W"] * 2 * math.pi
        time = self.linear(torch.cat([phase.sin(), phase.cos()], -1), "t_embedder.mlp.0")
        time = self.linear(F.silu(time), "t_embedder.mlp.2")
        condition = F.silu(time + self.weights["y_embedder.embedding_table.weight"][label])
        s = self.patches(x, "s_embedder.proj") + self.weights["pos_embed"]
        for i in range(body):
            s = self.block(s, condition[:, None], i, 0)
        s = self.linear(F.silu(time[:, None] + s), "s_projector")
        z = self.patches(x, "x_embedder.proj")
        for i in range(body, body + head):
            z = self.block(z, s, i, 1)
        shift, scale = self.linear(F.silu(s), "final_layer.adaLN_modulation.1").chunk(2, -1)
        out = self.linear(self.norm(z, "final_layer.norm_final") * (1 + scale) + shift, "final_layer.linear")
        return out.transpose(1, 2).reshape(samples, channels, height, width)


def size(x):
    return x.pow(2).mean().sqrt()


def integrate(field, x, start, end):
    """The state at `end`, and the first step's error estimate in units of the tolerance."""
    dtype = x.dtype
    slope = field(start.to(dtype), x)
    scale = ATOL + x.abs() * RTOL
    d0, d1 = size(x / scale), size(slope / scale)
    small = 0.01 * d0 / d1
    d2 = size((field(start.to(dtype) + small, x + small * slope) - slope) / scale) / small
    step = min(100 * small, (0.01 / max(d1, d2)) ** (1 / 5)).double()
    t, first = start, None
    while True:
        here, length = t.to(dtype), step.to(dtype)
        slopes = [slope]
        for node, row in zip(NODES, STAGES):
            state = x + sum(k * (length * weight) for k, weight in zip(slopes, row))
            at = (t + step).to(dtype) if node == 1 else here + node * length
            slopes.append(field(at, state))
        error = torch.sum(torch.stack(slopes, -1) * (length * torch.tensor(ERROR, dtype=dtype)), -1)
        ratio = float(size(error / (ATOL + RTOL * torch.max(x.abs(), state.abs()))))
        first = ratio if first is None else first
        if ratio <= 1:
            if t + step >= end:
                middle = x + sum(k * (length * weight) for k, weight in zip(slopes, MIDDLE))
                u = ((end - t) / step).to(dtype)
                last = slopes[-1]
                a = 2 * length * (last - slope) - 8 * (state + x) + 16 * middle
                b = length * (5 * slope - 3 * last) + 18 * x + 14 * state - 32 * middle
                c = length * (last - 4 * slope) - 11 * x - 5 * state + 16 * middle
                return x + u * (length * slope + u * (c + u * (b + u * a))), first
            x, slope, t = state, slopes[-1], t + step
        step = step * min(10, max(0.9 / ratio**0.2, 1 if ratio < 1 else 0.2))


def main():
    parser = argparse.ArgumentParser()
    beside = pathlib.Path(__file__).parents[2] / "test/fixtures/sampling"
    parser.add_argument("fixture", nargs="?", type=pathlib.Path, default=beside)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--float64", action="store_true")
    parser.add_argument("--own-attention", action="store_true", help="softmax of products instead of PyTorch's fused attention")
    parser.add_argument("--save", type=pathlib.Path, help="also write the sample to this file")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.backends.nnpack.set_flags(False)
    dtype = torch.float64 if given.float64 else torch.float32
    velocity = Velocity(given.fixture, dtype, given.own_attention)
    shift = json.loads((given.fixture / "config.json").read_text())["time_dist_shift"]
    io = read(given.fixture / "io.safetensors")
    # Times fall from 1; the integration goes upwards, as torchdiffeq turns it.
    rest = torch.tensor(1 - (1 - 1 / 1000), dtype=torch.float32)
    end = -(shift * rest / (1 + (shift - 1) * rest)).double()
    start = torch.tensor(-1.0, dtype=torch.float64)
    with torch.no_grad():
        sample, first = integrate(lambda t, x: -velocity(x, -t, io["y"].long()), io["z"].to(dtype), start, end)
    if given.save:
        save(given.save, "sample.dopri5.5", sample)
    difference = float((sample.float() - io["sample.dopri5.5"]).abs().max())
    capability = torch.backends.cpu.get_cpu_capability()
    print(f"PyTorch {torch.__version__}, {capability}, {given.threads} threads: {difference:.2e} off, first estimate {first:.3e}")


main()
