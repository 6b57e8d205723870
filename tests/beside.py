"""Tables that tests of several areas share are in files beside each other, one for each area."""

from importlib import import_module
from pathlib import Path
from types import ModuleType


def beside(file: str, prefix: str) -> list[ModuleType]:
    """The modules of a file's folder whose names begin so, by their names."""
    folder = Path(file).parent
    package = ".".join(folder.relative_to(Path(__file__).parents[1]).parts)
    return [import_module(f"{package}.{path.stem}") for path in sorted(folder.glob(f"{prefix}*.py"))]
