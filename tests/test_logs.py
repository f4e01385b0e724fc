"""The log can be pasted anywhere: what is secret never reaches it."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest

from cerby_tui.logs import Redacted, open_log, redact


@pytest.mark.parametrize(
    "secret",
    ["+1 (415) 555-0132", "+14155550132", "493027", "730 518", "robin@saltmarsh.example", "9f86d081884c7d659a2feaa0"],
)
def test_what_could_be_secret_is_masked(secret: str) -> None:
    """Numbers, codes, addresses and keys do not pass, however they are written."""
    assert "said … here" == redact(f"said {secret} here")


def test_words_and_small_numbers_stay() -> None:
    """A log must still be of use."""
    assert "round 3 of sync failed: OfflineError" == redact("round 3 of sync failed: OfflineError")


def test_an_exception_leaves_its_place_and_not_its_words() -> None:
    """What an exception says may hold anything, so it is not written."""
    try:
        raise ValueError("493027 for robin@saltmarsh.example")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "it %s", ("failed",), (type(error), error, None))
    line = Redacted().format(record)

    assert "it failed [ValueError at test_logs.py:" in line
    assert "493027" not in line
    assert "\n" not in line


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Others on the machine cannot read it."""
    handler = open_log(tmp_path / "cerby.log")
    logging.getLogger("cerby_tui.test").info("code 493027")
    logging.getLogger().removeHandler(handler)
    handler.close()

    assert 0o600 == stat.S_IMODE((tmp_path / "cerby.log").stat().st_mode)
    assert "code …" in (tmp_path / "cerby.log").read_text()
