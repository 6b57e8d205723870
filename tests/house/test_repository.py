"""What every file keeps to: no address of a package registry, no path of one machine, no dead link."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

# Put together here, so that this file does not name them either.
REGISTRIES = ("pypi" + ".org", "python" + "hosted", "registry." + "npmjs")
ONE_MACHINE = re.compile("(?<![A-Za-z0-9_.~-])/(?:" + "|".join(("ro" + "ot", "wo" + "rk", "ho" + "me")) + ")/")
LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#|//", re.IGNORECASE)


def files(root: Path) -> Iterator[tuple[str, str]]:
    """Every text file that is tracked, or would be."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=root, capture_output=True, check=True).stdout.decode().split("\0")
    for name in sorted({name for name in names if name and (root / name).is_file()}):
        content = (root / name).read_bytes()
        if b"\0" not in content:
            yield name, content.decode(errors="replace")


def lines_with(root: Path, pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}"
        for name, content in files(root)
        for number, line in enumerate(content.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registry(root: Path) -> None:
    found = lines_with(root, re.compile("|".join(map(re.escape, REGISTRIES))))

    assert not found, "\n".join(["Where packages come from is for the one who installs to say:", *found])


def test_no_file_names_a_path_of_one_machine(root: Path) -> None:
    found = lines_with(root, ONE_MACHINE)

    assert not found, "\n".join(["Write a path relative to the repository:", *found])


def test_every_link_to_a_file_leads_somewhere(root: Path) -> None:
    dead = [
        f"{name} links to {target}"
        for name, content in files(root)
        if name.endswith(".md")
        for target in LINK.findall(content)
        if not ELSEWHERE.match(target) and not _place(root, name, target).exists()
    ]

    assert not dead, "\n".join(dead)


def _place(root: Path, name: str, target: str) -> Path:
    path = target.partition("#")[0].partition("?")[0]
    return root / path[1:] if path.startswith("/") else (root / name).parent / path


def test_the_checks_know_what_they_look_for() -> None:
    folder = "/" + "home/"
    assert ONE_MACHINE.search(f"data = '{folder}ada/rapport'")
    assert not ONE_MACHINE.search(f"https://example.com{folder}page")
    assert LINK.findall("See [one](docs/a.md#b), ![two](x.png) and [three](https://example.com).") == [
        "docs/a.md#b",
        "x.png",
        "https://example.com",
    ]
