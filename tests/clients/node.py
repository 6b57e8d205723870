"""Whether the clients can be asked on this machine; run as a script, it prints why not, or nothing."""

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
INSTALLED = HERE / "node_modules" / ".installed"  # written by scripts/setup
OLDEST = 18


def node_version() -> int:
    """The first number of it; 0 if there is no Node."""
    if shutil.which("node") is None:
        return 0
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.lstrip("v").split(".")[0])


def why_not() -> str | None:
    version = node_version()
    if version == 0:
        return "Node is not installed"
    if version < OLDEST:
        return f"Node {version} is too old, {OLDEST} or newer is needed"
    if not INSTALLED.exists():
        return "Their packages are not installed; ./scripts/setup dev does it where npm is found"
    return None


if __name__ == "__main__":
    print(why_not() or "")
