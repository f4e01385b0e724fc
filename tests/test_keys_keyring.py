"""The system keyring: only the ones on the list, read back after every write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from keyring.backend import KeyringBackend, properties
from keyring.errors import KeyringLocked, PasswordDeleteError

from cerby_tui.system_keyring import ALLOWED, NoKeyring, SystemKeyring


class Working(KeyringBackend):
    """Keeps secrets, as a real keyring does."""

    kept: ClassVar[dict[tuple[str, str], str]] = {}
    priority: ClassVar[float] = 5  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        """What was set."""
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget it, or say that there is none."""
        if (service, username) not in self.kept:
            raise PasswordDeleteError("no such password")
        del self.kept[service, username]


class Forgetful(Working):
    """Says yes and keeps nothing, as the `null` backend does."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Drop it."""


class Locked(Working):
    """Cannot be unlocked without a display."""

    def get_password(self, service: str, username: str) -> str | None:
        """Refuse."""
        raise KeyringLocked("Failed to unlock the collection!")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Refuse."""
        raise KeyringLocked("Failed to unlock the collection!")


class Broken(Working):
    """Its bus went away."""

    def get_password(self, service: str, username: str) -> str | None:
        """Fail as a socket does."""
        raise ConnectionRefusedError("no bus")


class Absent(Working):
    """Does not work on this system."""

    @properties.classproperty
    def priority(cls) -> float:  # noqa: N805
        """None."""
        raise RuntimeError("no such service")


def _only(*backends: type) -> SystemKeyring:
    return SystemKeyring(tuple(f"{backend.__module__}.{backend.__qualname__}" for backend in backends))


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    Working.kept.clear()
    yield
    Working.kept.clear()


def test_a_secret_is_kept() -> None:
    """32 fresh bytes, the same when they are fetched, under one name each."""
    keyring = _only(Working)
    first, second = keyring.make("one"), keyring.make("two")
    assert len(first) == 32
    assert first != second
    assert (keyring.fetch("one"), keyring.fetch("two")) == (first, second)
    assert "Working" in keyring.name()


def test_a_secret_is_forgotten() -> None:
    """And forgetting what is not there says so."""
    keyring = _only(Working)
    keyring.make("one")
    keyring.forget("one")
    with pytest.raises(NoKeyring, match="holds no secret"):
        keyring.fetch("one")
    with pytest.raises(NoKeyring, match="cannot be used"):
        keyring.forget("one")


def test_a_keyring_that_keeps_nothing_is_found_out() -> None:
    """The secret is read back before anything is sealed under it."""
    with pytest.raises(NoKeyring, match="does not keep"):
        _only(Forgetful).make("one")


@pytest.mark.parametrize("backend", [Locked, Broken])
def test_a_keyring_that_fails_is_none(backend: type) -> None:
    """Whatever it raises is said in words, never a traceback."""
    with pytest.raises(NoKeyring, match="cannot be used"):
        _only(backend).fetch("one")


def test_a_locked_keyring_takes_no_secret() -> None:
    """Making one fails as fetching does."""
    with pytest.raises(NoKeyring, match="cannot be used"):
        _only(Locked).make("one")


def test_something_else_under_our_name_is_no_secret() -> None:
    """A text that another program put there."""
    Working.kept["cerby-tui", "one"] = "not base 64!"
    with pytest.raises(NoKeyring, match="something else"):
        _only(Working).fetch("one")


def test_the_first_that_works_is_taken() -> None:
    """Backends that are not installed, or do not work here, are passed over."""
    keyring = SystemKeyring(("no.such.module.Keyring", f"{__name__}.Absent", f"{__name__}.Working"))
    assert "Working" in keyring.name()


def test_without_any_that_works_there_is_none() -> None:
    """And that is said in words."""
    with pytest.raises(NoKeyring, match="no keyring that can be used"):
        _only(Absent).make("one")


def test_only_real_keyrings_are_on_the_list() -> None:
    """None that chains, forgets, fails, or writes files."""
    for word in ("null", "fail", "chainer", "alt", "cryptfile", "file"):
        assert all(word not in name.lower().split(".") for name in ALLOWED)


def test_the_environment_does_not_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    """`PYTHON_KEYRING_BACKEND` names the backend that forgets; ours is taken all the same."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    secret = _only(Working).make("one")
    assert _only(Working).fetch("one") == secret


def test_without_a_desktop_there_is_no_keyring() -> None:
    """In a bare environment the real list ends in words, without a prompt and without output."""
    program = (
        "from cerby_tui.system_keyring import SystemKeyring, NoKeyring\n"
        "try: SystemKeyring().make('cerby-test')\n"
        "except NoKeyring as error: print('none:', error)\n"
    )
    environment: dict[str, Any] = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert (done.stdout[:5], done.stderr) == ("none:", "")
