"""The wheel: what is in it, and that it runs away from the checkout."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOOK_INSIDE = """
from cerby_tui import paths
from cerby_tui.codes.extract import extract
from cerby_wire import catalogue

assert "site-packages" in catalogue.__file__, catalogue.__file__
assert catalogue.load().get("instagram")
assert extract("Your login code is 482913").text == "482913"
assert (paths.styles_directory() / "base.tcss").is_file()
assert "site-packages" in str(paths.styles_directory())
print("found everything")
"""
"""Run in the new environment: the data files must be those of the wheel."""

FIRST_SCREEN = """
import asyncio
from cerby_tui.app import CerbyApp

async def main():
    app = CerbyApp(open_session=lambda passphrase: None)
    async with app.run_test() as pilot:
        await pilot.pause()
        print("opened", type(app.screen).__name__)

asyncio.run(main())
"""
"""The lock screen, started without a terminal."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def borrowed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a new environment: our wheel, and the dependencies of the environment that runs the tests."""
    place = tmp_path_factory.mktemp("borrowed")
    venv.create(place, with_pip=False, symlinks=True)
    site = next(place.glob("lib/python*/site-packages"))
    install(wheel, site, place / "bin")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place / "bin"


def install(wheel: Path, site: Path, scripts: Path) -> None:
    """Install the wheel with this environment's pip, nothing else, for the interpreter that owns `scripts`."""
    pip = [sys.executable, "-m", "pip", "--python", str(scripts / "python"), "install"]
    subprocess.run([*pip, "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    assert (site / "cerby_tui").is_dir()


def run(command: list[str], folder: Path) -> str:
    """What a command prints, run from somewhere else."""
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=60).stdout


def test_wheel_holds_what_the_program_reads(wheel: Path) -> None:
    """Styles, catalogue, grammar, weights and migrations are in the wheel; tests and benchmarks are not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    styles = {f"cerby_tui/styles/{sheet.relative_to(ROOT / 'styles')}" for sheet in (ROOT / "styles").rglob("*.tcss")}
    data = {"cerby_wire/catalogue.json", "cerby_tui/codes/grammar.toml", "cerby_tui/codes/weights.json"}

    assert set() == (styles | data) - names
    assert not any(name.startswith(("tests/", "benchmarks/", "snapshots/")) for name in names)


def test_wheel_names_its_licence_and_commands(wheel: Path) -> None:
    """Both commands and the licence travel with the wheel."""
    archive = zipfile.ZipFile(wheel)
    metadata = {name.rpartition("/")[2]: name for name in archive.namelist() if ".dist-info/" in name}

    assert "LICENSE" in metadata
    commands = archive.read(metadata["entry_points.txt"]).decode()
    assert "cerby-tui = " in commands
    assert "cerby-service = " in commands


def test_installed_wheel_runs_elsewhere(borrowed: Path, tmp_path: Path) -> None:
    """From another directory the commands say their version, and every data file is found in the wheel."""
    from cerby_tui import __version__

    assert __version__ in run([str(borrowed / "cerby-tui"), "--version"], tmp_path)
    assert __version__ in run([str(borrowed / "cerby-service"), "--version"], tmp_path)
    assert "found everything" in run([str(borrowed / "python"), "-c", LOOK_INSIDE], tmp_path)


def test_installed_wheel_opens_its_first_screen(borrowed: Path, tmp_path: Path) -> None:
    """The app starts from the wheel, with the styles of the wheel, in a directory that is empty."""
    told = run([str(borrowed / "python"), "-c", FIRST_SCREEN], tmp_path)

    assert "opened UnlockScreen" in told


@pytest.mark.registry
@pytest.mark.timeout(600)
def test_wheel_installs_into_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """With nothing but the pinned releases from a registry beside it, the wheel runs and finds all it needs."""
    venv.create(tmp_path / "empty", with_pip=True, symlinks=True)
    scripts = tmp_path / "empty" / "bin"
    pip = [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "constraints.txt")], check=True)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)

    subprocess.run([str(scripts / "python"), "-m", "pip", "check"], check=True, capture_output=True)
    assert "found everything" in run([str(scripts / "python"), "-c", LOOK_INSIDE], tmp_path)
    assert "opened UnlockScreen" in run([str(scripts / "python"), "-c", FIRST_SCREEN], tmp_path)
