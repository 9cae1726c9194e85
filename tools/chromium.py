"""Make sure that the browser tests have a Chromium: from PATH, else through apt where it works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    """Return 0 also where there is none: the browser tests then say so and are skipped."""
    if any(shutil.which(name) for name in NAMES):
        return 0
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print(
            "No Chromium on PATH, and it cannot be installed from here: the browser tests will be "
            "skipped. Install it, for example with `sudo apt-get install chromium`.",
            file=sys.stderr,
        )
        return 0
    print("Installing Chromium through apt for the browser tests.")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
    # A fresh machine has no package lists; an up-to-date one need not wait for them.
    if subprocess.run(install, env=quiet, stdout=subprocess.DEVNULL, check=False).returncode == 0:
        return 0
    subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False)
    return subprocess.run(install, env=quiet, stdout=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
