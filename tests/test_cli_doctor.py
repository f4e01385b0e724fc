"""`doctor` finds what is wrong, says what to do, and gives nothing away."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cerby_tui.cli.checks import Finding, files, terminal
from cerby_tui.home import Home
from cerby_tui.values import Item
from tests.command_line import Ended, run
from tests.enrolled import EMAIL, PASSPHRASE, enrol
from tests.rig import ServiceRig, service_rig

PAGE = 4096


def findings(ended: Ended) -> dict[str, Finding]:
    """The last finding of each area."""
    return {each["area"]: Finding(**each) for each in json.loads(ended.stdout)}


def test_a_machine_without_a_vault_is_fine(tmp_path: Path) -> None:
    """Nothing is wrong where nothing is set up, and status 0 says so."""
    ended = run("doctor", "--json", home=tmp_path / "nowhere")

    assert 0 == ended.returncode, ended.stdout
    assert "note" == findings(ended)["home"].verdict
    assert not (tmp_path / "nowhere").exists()


def test_files_that_others_can_reach_are_wrong(home: Home) -> None:
    """They are named; what a person edits with an ordinary editor is no secret and not among them."""
    home.config.write_text("")
    home.config.chmod(0o644)
    home.key_file.write_text("")
    home.key_file.chmod(0o640)

    found = {each.area: each for each in files(home)}

    assert "wrong" == found["permissions"].verdict
    assert "device.json" in found["permissions"].sentence
    assert "config.toml" not in found["permissions"].sentence


def test_a_vault_in_plain_text_is_wrong(home: Home) -> None:
    """Should a library ever write one, it is noticed."""
    home.key_file.touch()
    home.vault.write_bytes(b"SQLite format 3\x00" + bytes(PAGE))

    assert Finding("vault", "wrong", "The vault is NOT encrypted.") in list(files(home))


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"TERM": "xterm", "TMUX": "yes"}, "tmux lets it through"),
        ({"TERM": "xterm", "STY": "1.x"}, "OSC 52"),
        ({"TERM": "xterm", "SSH_CONNECTION": "1 2 3 4"}, "nobody can check"),
    ],
)
def test_the_way_to_the_clipboard_is_explained(environ: dict[str, str], said: str) -> None:
    """Why copying may not arrive, and what to set."""
    assert said in " ".join(each.sentence for each in terminal(environ) if each.area == "clipboard")


def test_no_color_is_said() -> None:
    """A person who wonders about missing colours reads why."""
    assert any("NO_COLOR" in each.sentence for each in terminal({"TERM": "xterm", "NO_COLOR": "1"}))


def test_a_broken_configuration_is_wrong(tmp_path: Path) -> None:
    """Status 6, with the sentence that the app would show."""
    (tmp_path / "config.toml").write_text("mouse = 5")

    ended = run("doctor", home=tmp_path)

    assert 6 == ended.returncode
    assert "✗ configuration: config.toml is not taken over" in ended.stdout


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ServiceRig]:
    """A real service."""
    with service_rig(tmp_path) as running:
        yield running


@pytest.fixture
def vault(rig: ServiceRig, tmp_path: Path) -> Path:
    """The home of a device of that service with some accounts."""
    home = Home(tmp_path / "home")

    async def set_up() -> None:
        session = await enrol(home, rig, rig.token())
        for number in range(20):
            await session.add_account(Item(label=f"Canary {number}", notes="a secret of the canary " * 20))
        await session.sync_now()
        await session.close()

    asyncio.run(set_up())
    return home.root


def test_with_a_passphrase_vault_service_and_clock_are_checked(rig: ServiceRig, vault: Path) -> None:
    """All is well, and once the service is stopped, that is what is wrong."""
    found = findings(run("doctor", "--json", home=vault, passphrase=PASSPHRASE))

    assert ("ok", "Every page is whole.") == (found["vault"].verdict, found["vault"].sentence)
    assert ("ok", "ok") == (found["service"].verdict, found["clock"].verdict)
    rig.stop()
    ended = run("doctor", "--json", home=vault, passphrase=PASSPHRASE)
    assert (6, "wrong") == (ended.returncode, findings(ended)["service"].verdict)


def test_a_damaged_page_is_found(vault: Path) -> None:
    """One wrong byte in the middle of the file is noticed before it is needed."""
    path = vault / "vault.db"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 // PAGE * PAGE + 100] ^= 1
    path.write_bytes(bytes(content))

    ended = run("doctor", "--json", home=vault, passphrase=PASSPHRASE)

    assert 0 != ended.returncode
    assert "damaged" in ended.stdout or "as it should be" in ended.stderr


def test_the_answer_can_be_pasted(vault: Path) -> None:
    """No label, no address, no path with a name in it, no content."""
    ended = run("doctor", home=vault, passphrase=PASSPHRASE)

    for secret in ("Canary", "canary", EMAIL, str(vault), PASSPHRASE, f"/{getpass.getuser()}/"):
        assert secret not in ended.stdout + ended.stderr
