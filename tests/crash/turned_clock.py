"""A clock that only one process goes by, and that can be turned while it runs.

It needs Linux and a C compiler; elsewhere runs go without.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_SOURCE = Path(__file__).with_name("clock.c")


class TurnedClock:
    """The clock of the server of one run.

    Args:
        folder: Where its library and its file are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "seconds_off"
        self._library = folder / "clock.so"
        compiler = shutil.which("cc") or shutil.which("gcc")
        self.can_turn = False
        self.ahead_seconds = 0
        if sys.platform == "linux" and compiler:
            built = subprocess.run(
                [compiler, "-shared", "-fPIC", "-O2", "-o", self._library, _SOURCE, "-ldl"],
                capture_output=True,
                check=False,
            )
            self.can_turn = built.returncode == 0
        self.turn(0)

    @property
    def environment(self) -> Mapping[str, str]:
        """What the server's process needs to go by it."""
        if not self.can_turn:
            return {}
        return {"LD_PRELOAD": str(self._library), "CRASH_CLOCK_FILE": str(self._file)}

    def turn(self, seconds: int) -> None:
        """Set how far it is ahead, in seconds; negative if it is behind."""
        self.ahead_seconds = seconds
        # In place: the process looks at this very file.
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("l", seconds))
