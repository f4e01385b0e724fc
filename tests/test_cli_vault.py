"""Commands on a real vault without a network: what they print, how names match, how they refuse."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from cerby_tui.home import Home
from cerby_tui.values import Item
from tests.command_line import Ended, run
from tests.fakes import FrozenClock
from tests.pseudo_terminal import ENTER, PseudoTerminal, program
from tests.stage import PASSPHRASE, Founder, Numbered, Text, build

HOSTILE = "\x1b[31m[red]\x07 \u202eevil\nYour code is 730518"


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vault of three accounts, the first with a number and messages, which no service answers for."""
    home = Home(tmp_path_factory.mktemp("cli") / "home").ready()
    founder, clock = Founder(), FrozenClock(time.time_ns() // 1_000_000)
    bank = founder.account(
        Item(label="Company bank", app="sandbox-bank", app_name="Sandbox Bank"), Numbered("+12125550170")
    )
    founder.account(Item(label="Shop one", app="shopify", app_name="Shopify", collections=("Sales",)))
    founder.account(Item(label="Shop two", app="shopify", app_name="Shopify"))
    for text in ("Your Sandbox Bank code is 493027", "A payment of $12.50 was made.", HOSTILE):
        founder.message(bank, Text(text, sender="57201", age=60), now=clock.now())
        clock.advance(1)
    build(home, founder, clock)
    return home.root


def ask(vault: Path, *arguments: str) -> Ended:
    """Run a command with the right passphrase."""
    return run(*arguments, home=vault, passphrase=PASSPHRASE)


def test_accounts_are_listed_for_programs(vault: Path) -> None:
    """One JSON list, without secrets, sorted by label."""
    cards = json.loads(ask(vault, "accounts", "--json").stdout)

    assert ["Company bank", "Shop one", "Shop two"] == [card["label"] for card in cards]
    assert ("+12125550170", "active") == (cards[0]["number"]["e164"], cards[0]["number"]["state"])
    assert "password" not in cards[0]


def test_accounts_are_filtered_by_words_app_and_collection(vault: Path) -> None:
    """The same filters as on the screen."""
    assert ["Shop one"] == _labels(ask(vault, "accounts", "--collection", "Sales"))
    assert ["Shop one", "Shop two"] == _labels(ask(vault, "accounts", "--app", "shopify"))
    assert ["Shop two"] == _labels(ask(vault, "accounts", "two"))


def _labels(ended: Ended) -> list[str]:
    return [line.split("\t")[0] for line in ended.stdout.splitlines()]


def test_messages_cannot_steer_a_terminal(vault: Path) -> None:
    """Control characters, markup and overrides in a text are shown; a message stays on one line."""
    lines = ask(vault, "inbox").stdout.splitlines()

    assert 3 == len(lines)
    assert "␛[31m[red]␇ ⟨RLO⟩evil Your code is 730518" == lines[0].split("\t")[-1]
    assert HOSTILE == json.loads(ask(vault, "inbox", "--json").stdout)[0]["text"]


def test_messages_are_searched(vault: Path) -> None:
    """Words inside messages, and only those with a code where that is asked for."""
    assert 1 == len(ask(vault, "inbox", "payment").stdout.splitlines())
    assert 2 == len(ask(vault, "inbox", "--code", "--account", "bank").stdout.splitlines())
    assert 1 == len(ask(vault, "inbox", "--limit", "1").stdout.splitlines())


def test_numbers_are_listed(vault: Path) -> None:
    """With the account each belongs to."""
    assert ["+12125550170", "VoIP", "active", "Company bank"] == ask(vault, "numbers").stdout.split("\t")[:4]


@pytest.mark.parametrize("name", ["Company bank", "company", "sandbox bank", "+12125550170"])
def test_an_account_is_found_by_what_people_call_it(vault: Path, name: str) -> None:
    """Label, beginning, app or number: whatever fits exactly one account."""
    ended = ask(vault, "code", "show", name)

    assert (0, "730518\n") == (ended.returncode, ended.stdout)


def test_an_account_is_found_by_its_id(vault: Path) -> None:
    """Scripts keep ids, which never change."""
    account = json.loads(ask(vault, "accounts", "bank", "--json").stdout)[0]["id"]

    assert "730518\n" == ask(vault, "code", "show", account).stdout


def test_an_ambiguous_name_is_refused(vault: Path) -> None:
    """Status 2, and the sentence names the accounts that are meant."""
    ended = ask(vault, "code", "show", "shop")

    assert 2 == ended.returncode
    assert "Shop one, Shop two" in ended.stderr
    assert "" == ended.stdout


def test_an_unknown_name_is_refused(vault: Path) -> None:
    """Status 2."""
    assert 2 == ask(vault, "code", "show", "nobody").returncode


def test_no_code_yet_is_status_three(vault: Path) -> None:
    """A script can tell "none yet" from every other failure."""
    ended = ask(vault, "code", "show", "Shop one")

    assert (3, "") == (ended.returncode, ended.stdout)
    assert "cerby-tui code wait" in ended.stderr


@pytest.mark.parametrize("command", [["accounts"], ["inbox"], ["code", "show", "bank"], ["sync"]], ids=str)
def test_a_wrong_passphrase_is_status_four(vault: Path, command: list[str]) -> None:
    """Nothing is printed but the reason."""
    ended = run(*command, home=vault, passphrase="not it")

    assert (4, "") == (ended.returncode, ended.stdout)
    assert "does not open this vault" in ended.stderr


def test_without_a_terminal_the_passphrase_must_be_handed_over(vault: Path) -> None:
    """Nobody is asked in a pipe; the sentence says how a script does it."""
    environ = {**os.environ, "CERBY_HOME": str(vault)}
    setsid = ["setsid", "-w", *program("accounts")]  # no controlling terminal
    ended = subprocess.run(setsid, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=environ)

    assert 4 == ended.returncode
    assert "--passphrase-fd" in ended.stderr


def test_the_passphrase_is_asked_on_the_terminal(vault: Path) -> None:
    """It is not echoed, and the table has headings there."""
    with PseudoTerminal(program("accounts", "--home", str(vault)), environ=dict(os.environ)) as terminal:
        terminal.wait_for("Passphrase:")
        terminal.press(PASSPHRASE, ENTER)

        assert 0 == terminal.wait_exit()
        assert "ACCOUNT" in terminal.text()
        assert PASSPHRASE not in terminal.text()


def test_a_lock_screen_is_told_to_lock_and_stays(vault: Path) -> None:
    """Only unlocked apps are told; a locked one is seen by status and is left alone."""
    with PseudoTerminal(program("--home", str(vault)), environ={**os.environ, "TERM": "xterm"}) as terminal:
        terminal.wait_for("Passphrase")

        status = json.loads(run("status", "--json", home=vault).stdout)
        assert [{"pid": terminal.process.pid, "state": "locked"}] == status["apps"]
        assert {"locked": 0} == json.loads(run("lock", "--json", home=vault).stdout)
        terminal.signal(signal.SIGTERM)
        assert 143 == terminal.wait_exit()


def test_status_says_more_with_a_passphrase(vault: Path) -> None:
    """Who, how much, and what waits."""
    outside = json.loads(run("status", "--json", home=vault).stdout)
    inside = json.loads(ask(vault, "status", "--json").stdout)

    assert ("yes", "locked") == (outside["set_up"], outside["state"])
    assert "person" not in outside
    assert ("Ada Founder", 3, 3) == (inside["person"]["name"], inside["accounts"], inside["messages"])


@pytest.mark.parametrize("command", [["sync"], ["numbers", "create", "Shop one", "--i-will-add-it"]], ids=str)
def test_what_needs_the_service_is_status_five_without_it(vault: Path, command: list[str]) -> None:
    """Offline is said in words, and nothing is claimed that is not so."""
    ended = ask(vault, *command)

    assert (5, "") == (ended.returncode, ended.stdout)
    assert "cannot be reached" in ended.stderr


def test_a_number_needs_a_promise(vault: Path) -> None:
    """Without it nothing is asked of the service; the sentence is the one of the dialog."""
    ended = ask(vault, "numbers", "create", "Shop one")

    assert 2 == ended.returncode
    assert "I will add the phone number to Shop one account setting" in ended.stderr
