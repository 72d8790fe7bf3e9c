"""minigrad beside its peers, on this machine, now: prints the tables of docs/benchmarks.md.

    pip install -e ".[bench]" && python tests/benchmarks/compare.py

Contenders take turns in one process on one thread; medians are quoted, and ratios formed round by round, because a
shared machine changes its speed from minute to minute. Nothing here asserts: speed is shown, not tested.
"""

import gc
import importlib.metadata
import os
import platform
import statistics
import subprocess
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import contenders
import numpy as np

ROUNDS = 15


def race(steps, repeats, rounds=ROUNDS):
    """{name: (median seconds, median of its time ÷ minigrad's in the same round)}."""
    times = {name: [] for name in steps}
    for step in steps.values():
        for _ in range(20):
            step()
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            for _ in range(repeats):
                step()
            times[name].append((time.perf_counter() - start) / repeats)
    ours = times["minigrad"]
    return {
        name: (statistics.median(ts), statistics.median(t / o for t, o in zip(ts, ours, strict=True)))
        for name, ts in times.items()
    }


def table(title, results):
    """Print one race as Markdown."""
    print(f"\n### {title}\n\n| | time per step | minigrad is faster by |\n| --- | ---: | ---: |")
    for name, (seconds, ratio) in results.items():
        print(f"| {name} | {seconds * 1e6:.1f} µs | {ratio:.2f}× |")


def training_steps():
    """The XOR and MNIST steps, in every framework."""
    for title, task, repeats in (
        ("XOR step: 2-8-1 tanh, BCE from logits, Adam, batch 4", contenders.xor_task(), 200),
        ("MNIST step: 784-128-10 ReLU, cross-entropy, Adam, batch 64", contenders.mnist_task(), 20),
    ):
        table(title, race({name: make(task) for name, make in contenders.ALL.items()}, repeats))


def convolutional_step():
    """The small convolutional network, in minigrad and in PyTorch."""
    import minigrad
    import minigrad.nn
    import minigrad.optim
    import torch

    steps = {
        "minigrad": contenders.cnn_step(minigrad, minigrad.from_numpy),
        "PyTorch": contenders.cnn_step(torch, torch.from_numpy),
    }
    table("CNN step: two convolutions, three linear layers, 3×32×32, Adam, batch 64", race(steps, 3))


def one_op():
    """y = y * 1.0001 on ten numbers, 200 times, forward and backward."""
    import minigrad
    import torch

    def chain(ones):
        def step():
            x = ones(10, requires_grad=True)
            y = x
            for _ in range(200):
                y = y * 1.0001
            y.sum().backward()

        return step

    results = race({"minigrad": chain(minigrad.ones), "PyTorch": chain(torch.ones)}, 5)
    table("One elementwise op on 10 numbers, forward and backward", {k: (s / 200, r) for k, (s, r) in results.items()})


def adam_on_a_million():
    """optimizer.step() alone, on 10⁶ parameters."""
    import minigrad
    import minigrad.optim
    import torch

    def stepper(library, to):
        p = library.zeros(1000, 1000, requires_grad=True)
        p.grad = to(np.full((1000, 1000), 1e-3, np.float32))
        return library.optim.Adam([p]).step

    steps = {"minigrad": stepper(minigrad, minigrad.tensor), "PyTorch": stepper(torch, torch.from_numpy)}
    table("Adam on 10⁶ parameters", race(steps, 5))


def import_time():
    """import minigrad beyond import numpy, in fresh interpreters."""

    def seconds(code):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    pairs = [(seconds("import numpy"), seconds("import minigrad")) for _ in range(ROUNDS)]
    extra = statistics.median(b - a for a, b in pairs)
    print(f"\n### Import\n\n`import minigrad` beyond `import numpy`: {extra * 1e3:.0f} ms (`import numpy`: "
          f"{statistics.median(a for a, _ in pairs) * 1e3:.0f} ms)")  # fmt: skip


def long_chains():
    """Time per op of a chain of 10³ and of 10⁵ ops: forward, backward, throwing it away."""
    import minigrad

    def per_op(n):
        start = time.perf_counter()
        x = minigrad.ones(10, requires_grad=True)
        y = x
        for _ in range(n):
            y = y * 1.0001
        y.sum().backward()
        del y
        return (time.perf_counter() - start) / n

    print("\n### Long chains\n\n| cyclic collector | 10³ ops | 10⁵ ops | ratio |\n| --- | ---: | ---: | ---: |")
    for name, switch in (("off", gc.disable), ("on", gc.enable)):
        switch()
        per_op(1000)
        rounds = [(statistics.median(per_op(1000) for _ in range(50)), per_op(100_000)) for _ in range(5)]
        short, long = (statistics.median(side) * 1e6 for side in zip(*rounds, strict=True))
        ratio = statistics.median(b / a for a, b in rounds)
        print(f"| {name} | {short:.2f} µs | {long:.2f} µs | {ratio:.2f}× |")
    gc.enable()


def memory():
    """Growth of the process over 10 000 XOR steps with the cyclic collector off."""

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    step = contenders.minigrad(contenders.xor_task())
    for _ in range(1000):
        step()
    gc.disable()
    before = resident()
    for _ in range(10_000):
        step()
    print(f"\n### Memory\n\n10 000 XOR steps, cyclic collector off: {(resident() - before) / 1024:+.0f} KiB resident")
    gc.enable()


def environment():
    """What this was measured on."""
    packages = ("numpy", "torch", "jax", "mygrad", "autograd")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    with open("/proc/cpuinfo") as file:
        cpu = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    print(f"Measured {time.strftime('%Y-%m-%d')} on {cpu}, {os.cpu_count()} cores, one thread used; "
          f"Python {platform.python_version()}, {versions}.")  # fmt: skip


if __name__ == "__main__":
    environment()
    for part in (training_steps, convolutional_step, one_op, adam_on_a_million, import_time, long_chains, memory):
        part()
