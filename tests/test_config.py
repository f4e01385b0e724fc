"""Settings, key map and themes: what is taken over, what is warned about, what is refused."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from cerby_tui.config import Configuration, Loaded, Settings, trust_authority
from cerby_tui.errors import UsageError
from cerby_tui.home import Home

AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBBTCBuKADAgECAgEBMAUGAytlcDAhMR8wHQYDVQQDDBZhbiBhdXRob3JpdHkg
Zm9yIHRlc3RzMCAXDTI1MDEwMTAwMDAwMFoYDzIxMjUwMTAxMDAwMDAwWjAhMR8w
HQYDVQQDDBZhbiBhdXRob3JpdHkgZm9yIHRlc3RzMCowBQYDK2VwAyEAfb3V61gG
H8U0LpLtyfKbQ2tvb+NML8H7yzw7Uuo9LOqjEzARMA8GA1UdEwEB/wQFMAMBAf8w
BQYDK2VwA0EAHsPFXAqlsfJqP+ZlypZCuE+xq9Al/EWrcGfmcHl6ddoltXnqluQP
yQlvksniy4mZ23ocfiwP+cLtGUxoBjQ7DQ==
-----END CERTIFICATE-----
"""
"""A self-signed authority whose key nobody has."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_no_file_means_the_defaults(home: Home) -> None:
    """Nothing has to be configured."""
    assert Loaded() == Configuration(home).load()


def test_settings_are_taken_from_the_file(home: Home) -> None:
    """Every kind of value arrives as it was written."""
    home.config.write_text('theme = "light"\nmouse = false\nidle_lock_minutes = 3\n')

    assert Settings(theme="light", mouse=False, idle_lock_minutes=3) == Configuration(home).load().settings


def test_an_unknown_key_is_a_warning_that_names_the_nearest(home: Home) -> None:
    """A slip of the pen is named, and everything else is still taken over."""
    home.config.write_text('them = "light"\nmouse = false\n')

    loaded = Configuration(home).load()

    assert ("config.toml: unknown setting 'them', did you mean 'theme'?",) == loaded.warnings
    assert not loaded.settings.mouse
    assert () == loaded.problems


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mouse = 1", "expected bool, got int at mouse"),
        ("mouse =", "not valid TOML"),
        ("idle_lock_minutes = 0", "expected int >= 1 at idle_lock_minutes"),
        ("clipboard_seconds = 100000", "expected int <= 600 at clipboard_seconds"),
    ],
)
def test_a_broken_file_is_reported_and_the_old_settings_stay(home: Home, text: str, said: str) -> None:
    """What was in force stays in force, and the sentence says which value is wrong."""
    configuration = Configuration(home)
    home.config.write_text('theme = "light"')
    configuration.load()

    home.config.write_text(text)
    loaded = configuration.load()

    assert "light" == loaded.settings.theme
    assert said in loaded.problems[0]


def test_a_file_that_is_not_text_is_reported(home: Home) -> None:
    """Bytes that are no UTF-8 are a problem in words, not a crash."""
    home.config.write_bytes(b"\xff\xfe\x00")

    assert "config.toml is not taken over" in Configuration(home).load().problems[0]


def test_a_broken_key_map_leaves_settings_alone(home: Home) -> None:
    """Files are judged one by one."""
    home.config.write_text("mouse = false")
    home.keymap.write_text("lock = 5")

    loaded = Configuration(home).load()

    assert not loaded.settings.mouse
    assert {} == loaded.keys
    assert loaded.problems[0].startswith("keymap.toml is not taken over")


def test_themes_are_found_by_their_file_name(home: Home) -> None:
    """A theme of the user's own is a file in `themes`, and an unknown colour is a warning."""
    home.themes.mkdir()
    (home.themes / "harbour.toml").write_text('dark = false\naccent = "#ffb000"\nacent = "#000000"\n')

    loaded = Configuration(home).load()

    assert "#ffb000" == loaded.themes["harbour"].accent
    assert not loaded.themes["harbour"].dark
    assert "did you mean 'accent'?" in loaded.warnings[0]


async def test_a_change_is_taken_over_while_running(home: Home) -> None:
    """An edited file is noticed, also when an editor replaces it; a broken one arrives as a problem."""
    stop = asyncio.Event()
    following = Configuration(home).follow(stop)

    def replace() -> None:
        beside = home.root / "new"
        beside.write_text('theme = "light"')
        beside.replace(home.config)

    assert "light" == (await _next_after(following, replace)).settings.theme

    loaded = await _next_after(following, lambda: home.config.write_text("theme ="))

    assert "light" == loaded.settings.theme
    assert loaded.problems
    stop.set()


async def _next_after(following: AsyncIterator[Loaded], change: Callable[[], object]) -> Loaded:
    """Change again and again until the watcher, which needs a moment to start, has seen one."""
    waiting = asyncio.ensure_future(anext(following))
    while not waiting.done():
        change()
        await asyncio.wait([waiting], timeout=0.2)
    return waiting.result()


def test_saving_a_setting_leaves_the_rest_of_the_file_alone(home: Home) -> None:
    """Comments and other settings of the person stay as they were written."""
    home.config.write_text('# mine\ntheme = "dark"  # at night\nmouse = false\n')
    configuration = Configuration(home)

    configuration.save("theme", 'li"ght')
    configuration.save("keyring", False)

    assert 'keyring = false\n# mine\ntheme = "li\\"ght"\nmouse = false\n' == home.config.read_text()
    assert Settings(theme='li"ght', mouse=False, keyring=False) == configuration.load().settings


async def test_other_files_in_the_home_do_not_wake_the_reader(home: Home) -> None:
    """The vault is written all the time; the configuration is not read again for that."""
    follow = Configuration(home)._ours

    assert not follow(None, str(home.vault))
    assert follow(None, str(home.config))
    assert follow(None, str(home.themes / "harbour.toml"))


def test_a_company_authority_is_the_one_that_tls_believes(tmp_path: Path) -> None:
    """The network client, which is loaded later, takes exactly this file; a missing one is said at once."""
    authority = tmp_path / "authority.pem"
    environ = {"SSL_CERT_FILE": "/elsewhere"}

    with pytest.raises(UsageError, match="service_ca"):
        trust_authority(Settings(service_ca=str(authority)), environ)
    authority.write_text(AUTHORITY)
    trust_authority(Settings(service_ca=str(authority)), environ)

    code = "import httpx; print(len(httpx.create_ssl_context(trust_env=True).get_ca_certs()))"
    ended = subprocess.run([sys.executable, "-c", code], env={**os.environ, **environ}, capture_output=True, text=True)
    assert "1" == ended.stdout.strip(), ended.stderr
