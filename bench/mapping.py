"""Mapping and validation of a page event, against Segment's own framework in Node.

Both sides run on this machine in one go, round about, and the ratio of the medians is what counts.
The framework is installed from npm into a cache folder the first time.

    python bench/mapping.py [--rounds N] [--seconds S]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from crossdock.base.json import JsonObject
from crossdock.kit import compile_mapping, compile_payload

HERE = Path(__file__).parent
VECTORS = HERE.parent / "tests" / "vectors"
PACKAGE = {
    "private": True,
    "dependencies": {"@segment/actions-core": "3.170.0", "liquidjs": "10.25.7"},
    # Later ones refuse keys that the framework gives its schemas.
    "overrides": {"fast-uri": "3.1.0"},
}


def reference_folder() -> Path:
    """Return a folder in which the framework is installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "crossdock-bench" / "actions-core-3.170.0"
    if not (folder / "node_modules" / "@segment" / "actions-core").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(json.dumps(PACKAGE))
        npm = shutil.which("npm") or "npm"
        arguments = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run([npm, *arguments], cwd=folder, check=True)
    return folder


def vector(name: str) -> JsonObject:
    """Return one of the files of the bench."""
    value: JsonObject = json.loads((VECTORS / name).read_text("utf-8"))
    return value


def events_per_second(run: Callable[[JsonObject], JsonObject], seconds: float) -> float:
    """Return how often a function is done with the event in a second."""
    event = vector("bench_event.json")
    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < seconds:
        for _ in range(100):
            run(event)
        count += 100
    return count / (time.perf_counter() - start)


def main() -> None:
    """Run the rounds and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.7)
    options = parser.parse_args()
    mapping = vector("bench_mapping.json")
    fields = vector("presets_fields.json")["actions-ripe-cloud/page"]
    runs = [compile_mapping(mapping), compile_payload(mapping, fields)]
    folder = reference_folder()
    node = shutil.which("node") or "node"
    command = [node, str(HERE / "mapping_reference.mjs"), str(folder), str(VECTORS)]
    ours: list[list[float]] = []
    theirs: list[list[float]] = []
    with subprocess.Popen(
        [*command, str(options.seconds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(options.rounds):
            ours.append([events_per_second(run, options.seconds) for run in runs])
            process.stdin.write("go\n")
            process.stdin.flush()
            theirs.append(json.loads(process.stdout.readline()))
        process.stdin.close()
    print(f"medians of {options.rounds} interleaved rounds, {options.seconds} s each")
    for index, name in enumerate(("mapping", "mapping and validation")):
        here = statistics.median(round_[index] for round_ in ours)
        there = statistics.median(round_[index] for round_ in theirs)
        print(
            f"{name}: {here:,.0f}/s ({1e6 / here:.2f} µs); actions-core: {there:,.0f}/s "
            f"({1e6 / there:.2f} µs); ratio {here / there:.1f}"
        )


if __name__ == "__main__":
    main()
