"""What the command line costs at its start, what it says, and how it refuses; nothing here needs a vault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cerby_tui import __version__
from cerby_tui.cli.demo import NEEDED, missing
from cerby_tui.cli.documented import EXIT_CODES
from cerby_tui.cli.root import SECTIONS
from tests.pseudo_terminal import program

HEAVY = (
    "textual",
    "rich",
    "httpx",
    "sqlite_utils",
    "sqlcipher3",
    "cryptography",
    "keyring",
    "watchfiles",
    "cerby_service",
)
PROBE = (
    "import sys\n"
    "from cerby_tui.__main__ import main\n"
    "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
    "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\n"
)


def run(*arguments: str, given: str = "", home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program in a pipe."""
    environ = {**os.environ, "CERBY_HOME": str(home)} if home else dict(os.environ)
    return subprocess.run(program(*arguments), input=given, capture_output=True, text=True, check=False, env=environ)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        ["code", "--help"],
        ["code", "wait", "--help"],
        ["status"],
        ["config", "path"],
        ["logs", "tail"],
        ["code", "extract"],
    ],
    ids=" ".join,
)
def test_light_commands_load_no_heavy_library(arguments: list[str], tmp_path: Path) -> None:
    """Neither the screens, nor the network, nor the database are loaded for what does not need them."""
    environ = {**os.environ, "CERBY_HOME": str(tmp_path)}
    command = [sys.executable, "-c", PROBE, *arguments]
    ended = subprocess.run(command, input="", capture_output=True, text=True, check=True, env=environ)

    loaded = set(ended.stderr.splitlines()[-1].split())

    assert set() == loaded & set(HEAVY)


def test_the_version_is_answered_before_click_is_loaded() -> None:
    """`--version` is asked by scripts and prompts, again and again."""
    ended = subprocess.run([sys.executable, "-c", PROBE, "--version"], capture_output=True, text=True, check=True)

    assert f"cerby-tui {__version__}" == ended.stdout.strip()
    assert "click" not in ended.stderr.splitlines()[-1].split()


def test_help_begins_with_examples_and_ends_with_exit_codes() -> None:
    """A person sees what to type first; a script's author finds every exit code."""
    said = run("--help").stdout

    assert said.startswith("Examples:\n  cerby-tui demo")
    for code, meaning in EXIT_CODES:
        assert f"  {code}  {meaning[:40]}" in said
    for section in SECTIONS.values():
        for name in section:
            assert f"\n  {name} " in said


@pytest.mark.parametrize("name", [name for section in SECTIONS.values() for name in section])
def test_every_command_explains_itself(name: str) -> None:
    """Each command exists, has examples of its own, and says its exit codes."""
    ended = run(name, "--help")

    assert 0 == ended.returncode
    assert ended.stdout.startswith("Examples:\n  cerby-tui ")
    assert "Exit codes:" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["acounts"], "No such command 'acounts'. Did you mean 'accounts'?"),
        (["code", "wiat", "Shop"], "No such command 'wiat'. Did you mean 'wait'?"),
        (["code", "wait"], "Missing argument 'ACCOUNT'"),
        (["code", "wait", "Shop", "--timeout", "soon"], "Invalid value for '--timeout'"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_a_slip_is_a_usage_error_that_helps(arguments: list[str], said: str) -> None:
    """Wrong usage has status 2 and names the nearest right thing."""
    ended = run(*arguments)

    assert 2 == ended.returncode
    assert said in ended.stderr
    assert "" == ended.stdout


@pytest.mark.parametrize("command", [["accounts"], ["inbox"], ["numbers"], ["sync"], ["code", "show", "Shop"]], ids=str)
def test_without_a_vault_every_command_is_locked(command: list[str], tmp_path: Path) -> None:
    """Status 4, and the sentence says what to do."""
    ended = run(*command, home=tmp_path)

    assert 4 == ended.returncode
    assert "Nothing is set up on this device yet." in ended.stderr


def test_status_without_a_vault(tmp_path: Path) -> None:
    """What can be known is said, and the status is 4."""
    ended = run("status", "--json", home=tmp_path)

    assert 4 == ended.returncode
    assert {"home": str(tmp_path), "set_up": "no", "apps": [], "state": "locked"} == json.loads(ended.stdout)


def test_errors_are_json_where_json_is_asked_for(tmp_path: Path) -> None:
    """A program can read why, from standard error; standard output stays empty."""
    ended = run("accounts", "--json", home=tmp_path)

    error = json.loads(ended.stderr)["error"]

    assert ("NoVault", 4) == (error["code"], error["exit_code"])
    assert "" == ended.stdout


def test_codes_are_extracted_from_json_lines() -> None:
    """One answer a line, null where there is no code; no vault is asked."""
    lines = [
        {"text": "Your Shop code is 493027", "sender": "Shop"},
        {"text": "Lunch at 12?"},
        {"text": "493027 ist dein Code", "sender": None},
    ]
    ended = run("code", "extract", given="".join(json.dumps(line) + "\n" for line in lines))

    answers = [json.loads(line) for line in ended.stdout.splitlines()]

    assert ["493027", None, "493027"] == [answer["code"] for answer in answers]
    assert all(0 <= answer["confidence"] <= 1 for answer in answers)


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"sender": "x"}', '{"text": 5}', '{"text": "a", "sender": 5}'])
def test_a_line_that_is_no_question_is_refused(line: str) -> None:
    """The sentence names the line; what was answered before it stands."""
    ended = run("code", "extract", given='{"text": "code 493027"}\n' + line + "\n")

    assert 2 == ended.returncode
    assert "493027" in ended.stdout
    assert "ine 2" in ended.stderr


def test_configuration_is_checked_before_the_app_does(tmp_path: Path) -> None:
    """A broken file has status 2; a warning alone is fine."""
    (tmp_path / "config.toml").write_text('them = "light"')
    warned = run("config", "check", home=tmp_path)
    assert (0, True) == (warned.returncode, "did you mean 'theme'" in warned.stderr)

    (tmp_path / "config.toml").write_text("mouse = 5")
    broken = run("config", "check", "--home", str(tmp_path), "--json")

    assert 2 == broken.returncode
    assert "expected bool" in json.loads(broken.stdout)["problems"][0]


def test_the_end_of_the_log_is_shown(tmp_path: Path) -> None:
    """The last lines, and what could steer a terminal is shown instead of obeyed."""
    (tmp_path / "cerby.log").write_text("one\ntwo \x1b[31mred\nthree\n")

    assert "two ␛[31mred\nthree\n" == run("logs", "tail", "--lines", "2", home=tmp_path).stdout
    assert str(tmp_path / "cerby.log") == run("logs", "path", home=tmp_path).stdout.strip()


def test_the_home_may_stand_before_or_after_the_command(tmp_path: Path) -> None:
    """Options that all commands share are understood in both places, and the variable is the last resort."""
    wanted = str(tmp_path / "config.toml")
    other = tmp_path / "other"

    assert wanted == run("--home", str(tmp_path), "config", "path", home=other).stdout.strip()
    assert wanted == run("config", "path", "--home", str(tmp_path), home=other).stdout.strip()


def test_a_reader_that_has_enough_is_no_error() -> None:
    """`| head -1` ends the program quietly."""
    lines = json.dumps({"text": "code 493027"}) + "\n"
    head = f"{sys.executable} -m cerby_tui code extract | head -1"
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", head], input=lines * 5000, capture_output=True, text=True, check=False
    )

    assert (0, "") == (ended.returncode, ended.stderr)


def test_the_demo_knows_what_it_needs() -> None:
    """Whoever installed the client alone is told what to install, by name; here everything is there."""
    assert [] == missing(NEEDED)
    assert ["no_such_package"] == missing(("json", "no_such_package"))


def test_the_demo_needs_a_terminal() -> None:
    """In a pipe it says so with status 2, and starts nothing."""
    ended = run("demo")

    assert (2, "") == (ended.returncode, ended.stdout)
    assert "The app needs a terminal" in ended.stderr
