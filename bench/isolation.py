"""Measures what a vendor that never answers does to the latency of another connection.

Rounds alternate between connection B alone and B beside A, to which the same events go and which
hangs. Run it with `python -m bench.isolation [ROUNDS]`.
"""

from __future__ import annotations

import asyncio
import statistics
import sys

import uvloop

from bench.delivery import Arrivals, latencies, quantile
from bench.serving import Hanging, Receiver, listen, serving

_PER_SECOND = 100
_ROUND_SECONDS = 5.0


async def main(rounds: int) -> None:
    """Print p50 and p99 of B, alone and beside A."""
    arrivals = Arrivals()
    receiver, port = await listen(lambda: Receiver(arrivals.note))
    hanging, hanging_port = await listen(Hanging)
    with serving(port, hanging_port) as alone, serving(port, hanging_port) as beside:
        await asyncio.to_thread(alone.connect, f"http://127.0.0.1:{port}/")
        await asyncio.to_thread(beside.connect, f"http://127.0.0.1:{port}/")
        await asyncio.to_thread(beside.connect, f"http://127.0.0.1:{hanging_port}/")
        p99_by_name: dict[str, list[float]] = {"B alone": [], "B beside A, which hangs": []}
        for number in range(rounds + 1):
            for name, server in zip(p99_by_name, (alone, beside), strict=True):
                found = await latencies(
                    server,
                    arrivals,
                    per_second=_PER_SECOND,
                    seconds=_ROUND_SECONDS,
                    name=f"{name}-{number}",
                )
                # The first round of each warms it up.
                if number:
                    p99_by_name[name].append(quantile(found, 0.99))
    print(f"{_PER_SECOND} events/s, median of {rounds} rounds")
    medians = []
    for name, p99s in p99_by_name.items():
        medians.append(statistics.median(p99s))
        spread = ", ".join(f"{p99 * 1e3:.0f}" for p99 in p99s)
        print(f"  {name:26} p99 {medians[-1] * 1e3:.1f} ms   (rounds: {spread})")
    print(f"  ratio                      {medians[1] / medians[0]:.2f}")
    receiver.close()
    hanging.close()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
