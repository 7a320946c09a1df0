"""What the container image is made of: the wheel, and the promises of the Dockerfile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
_WITHOUT_THE_CHECKOUT = """
import sys
wheel, checkout = sys.argv[1:]
sys.path = [wheel, *(path for path in sys.path if path not in ("", checkout))]
from bot.cli import main
sys.exit(main(["lab"]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that the image installs."""
    directory = tmp_path_factory.mktemp("wheel")
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(directory), versions=["standard"])))


def _final_stage() -> list[str]:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    start = max(number for number, line in enumerate(lines) if line.startswith("FROM "))
    return lines[start:]


def test_the_wheel_holds_the_bot_and_no_lab(wheel: Path) -> None:
    """Neither the rehearsal world nor the tests get into production."""
    packages = {name.split("/")[0] for name in ZipFile(wheel).namelist()}

    assert {name for name in packages if not name.endswith(".dist-info")} == {"bot", "handlers"}


def test_the_wheel_holds_every_file_of_the_bot(wheel: Path) -> None:
    """Migrations and pages of the runbook are data, which packaging likes to forget."""
    wanted = {
        str(path.relative_to(ROOT))
        for room in ("bot", "handlers")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }

    assert wanted <= set(ZipFile(wheel).namelist())


def test_the_image_says_that_it_has_no_lab(wheel: Path, tmp_path: Path) -> None:
    """`sfint lab` there is a mistake with an example, not a traceback."""
    asked = [sys.executable, "-c", _WITHOUT_THE_CHECKOUT, str(wheel), str(ROOT)]
    answer = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    assert answer.returncode == 2
    assert "needs the lab, which is not installed here" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_build_takes_in_nothing_that_is_not_named() -> None:
    """`.dockerignore` starts from nothing: no checkout, no lab, no secret lying about gets into a layer."""
    lines = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]

    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == {
        "bot",
        "handlers",
        "requirements",
        "pyproject.toml",
        "README.md",
        "LICENSE",
    }


def test_the_image_runs_as_a_number_and_asks_after_itself() -> None:
    """`runAsNonRoot` can judge a number only; the health check needs no curl."""
    stage = _final_stage()

    assert "USER 10001:10001" in stage
    assert 'ENTRYPOINT ["sfint"]' in stage
    assert any("/healthz" in line and line.strip().startswith('CMD ["python"') for line in stage)


def test_every_dependency_is_installed_by_its_hash() -> None:
    """From the locks, as wheels; the bot itself from its own wheel, with nothing fetched."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    installs = [
        part for line in text.splitlines() for part in line.split("&&") if "pip" in part and "install" in part
    ]
    fetching = [part for part in installs if "--no-index" not in part and "uninstall" not in part]

    assert len(fetching) == 2
    assert all("--require-hashes" in part and "--only-binary :all:" in part for part in fetching)
