"""What the image weighs without its base: what the Dockerfile's build stage installs, by the same steps."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_INSTALLED = "/opt/sfint"
_LARGEST = 6


def image() -> list[str]:
    """One line, and the largest parts; one clear line where nothing can be installed."""
    with tempfile.TemporaryDirectory(prefix="sfint-bench-") as folder:
        tree = Path(folder) / "sfint"
        try:
            _install(tree, Path(folder))
        except subprocess.CalledProcessError as error:
            return [f"The image was not measured: `{' '.join(map(str, error.cmd[:6]))} …` failed."]
        sizes = _sizes(tree)
    total = sum(sizes.values())
    largest = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in sizes.most_common(_LARGEST))
    return [
        f"The image, without its base: {total / 1e6:.0f} MB installed in {_INSTALLED} by the Dockerfile's steps, "
        f"bytecode included. The largest parts, in MB: {largest}."
    ]


def _install(tree: Path, folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    into = [*pip, "--python", str(tree / "bin" / "python"), "install"]
    _do([sys.executable, "-m", "venv", "--without-pip", str(tree)])
    _do([*into, "--only-binary", ":all:", "--require-hashes", "-r", "requirements/run.txt"])
    _do([*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder), "."])
    _do([*into, "--no-deps", "--no-index", *map(str, folder.glob("*.whl"))])
    _do(["sh", "-c", _pruning().replace(_INSTALLED, str(tree))])


def _pruning() -> str:
    """The step of the Dockerfile that takes out what is never used."""
    text = (_ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.search(rf"^RUN (find {_INSTALLED} .*)$", text, re.MULTILINE)
    if found is None:
        raise RuntimeError("the Dockerfile takes nothing out any more: adapt bench/image.py")
    return found[1]


def _do(command: list[str]) -> None:
    subprocess.run(command, cwd=_ROOT, check=True, stdout=sys.stderr)


def _sizes(tree: Path) -> Counter[str]:
    """Package -> bytes of its files."""
    sizes: Counter[str] = Counter()
    packages = next(tree.glob("lib/python3*/site-packages"))
    for file in tree.rglob("*"):
        if file.is_file() and not file.is_symlink():
            inside = file.relative_to(packages).parts[0] if packages in file.parents else "the rest"
            sizes[inside.removesuffix(".libs")] += file.stat().st_size
    return sizes
