"""The matrix products of bench/gemm.mjs in PyTorch; prints one JSON line with the milliseconds of each.

    OMP_NUM_THREADS=2 python3 torch_gemm.py --precision fp32|bf16 --shapes '[[1024, 1024, 1024, 0, 0]]'
"""

import argparse
import json
import statistics
import time

import torch


def once(a, b, c):
    start = time.perf_counter()
    torch.mm(a, b, out=c)
    return 1e3 * (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--shapes", type=json.loads, required=True, help="list of [m, n, k, a transposed, b transposed]")
    options = parser.parse_args()
    dtype = torch.bfloat16 if options.precision == "bf16" else torch.float32
    times = []
    for m, n, k, turned_a, turned_b in options.shapes:
        a = torch.randn(k, m, dtype=dtype).t() if turned_a else torch.randn(m, k, dtype=dtype)
        b = torch.randn(n, k, dtype=dtype).t() if turned_b else torch.randn(k, n, dtype=dtype)
        c = torch.empty(m, n, dtype=dtype)
        once(a, b, c)
        count = max(5, min(200, round(500 / once(a, b, c))))
        times.append(statistics.median(once(a, b, c) for _ in range(count)))
    print(json.dumps(dict(torch=torch.__version__, ms=times)))


if __name__ == "__main__":
    main()
