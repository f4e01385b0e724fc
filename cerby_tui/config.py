"""The configuration: one TOML file, one frozen value, taken over live while the app runs.

An unknown key is a warning that names the nearest known one. A file that cannot be understood is reported and the
settings that were in force stay in force.
"""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from cerby_tui.errors import UsageError

if TYPE_CHECKING:
    import asyncio

Minutes = Annotated[int, msgspec.Meta(ge=1, le=24 * 60)]
Seconds = Annotated[int, msgspec.Meta(ge=5, le=600)]


@dataclass(frozen=True)
class Settings:
    """Everything a person can choose. A setting can tighten what the workspace's policy says, never loosen it."""

    theme: str = "dark"
    """Name of the theme, as the theme chooser lists them."""
    colours: Mapping[str, str] = field(default_factory=dict)
    """Colours that replace those of the theme: `accent = "#ffb000"`."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The key map: the id of a command, as the help screen lists them, to keys: `lock = "ctrl+l,f9"`."""
    mouse: bool = True
    """Whether the app takes the mouse. Off leaves selecting text to the terminal."""
    reduced_motion: bool | None = None
    """No animation. Left out, it is on over SSH and off elsewhere."""
    idle_lock_minutes: Minutes | None = None
    """Minutes without a key before the vault locks. Left out, the workspace's policy decides."""
    clipboard_seconds: Seconds | None = None
    """Seconds after which a copied value is cleared. Left out, the workspace's policy decides."""
    service_ca: str = ""
    """Path of a PEM file with the authority that signed the service's certificate, for services inside a company."""
    keyring: bool = True
    """Whether a new vault mixes in a secret from the operating system's keyring, where there is one we trust."""


@dataclass(frozen=True)
class Loaded:
    """What reading the file gave: the settings in force, warnings, and why the file was not taken (or "")."""

    settings: Settings
    warnings: tuple[str, ...] = ()
    problem: str = ""


def parse(text: str) -> Loaded:
    """Settings from TOML text; raises UsageError with a sentence if it is no TOML or a value has the wrong type."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The configuration is not valid TOML: {error}.") from error
    known = [each.name for each in fields(Settings)]
    warnings = tuple(_unknown(key, known) for key in raw if key not in known)
    try:
        settings = msgspec.convert({key: raw[key] for key in raw if key in known}, Settings)
    except msgspec.ValidationError as error:
        raise UsageError(f"The configuration has a value that makes no sense: {_plain(error)}.") from error
    return Loaded(settings, warnings)


def _unknown(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=1, cutoff=0.6)
    return f"Unknown setting {key!r}" + (f": did you mean {near[0]!r}?" if near else ".")


def _plain(error: msgspec.ValidationError) -> str:
    """msgspec says ``Expected `bool`, got `int` - at `$.mouse` ``; people call that place `mouse`."""
    return str(error).replace("`", "").replace("$.", "").replace(" - at ", " at ")


class SettingsFile:
    """The file and the settings in force. A missing file means the defaults."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.current = Settings()

    def load(self) -> Loaded:
        """Read the file again. If it cannot be taken, `problem` says why and the settings in force stay."""
        try:
            loaded = parse(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            loaded = Loaded(Settings())
        except UsageError as error:
            return Loaded(self.current, problem=error.sentence)
        except (OSError, UnicodeDecodeError) as error:
            return Loaded(self.current, problem=f"The configuration cannot be read: {error}.")
        self.current = loaded.settings
        return loaded

    async def follow(self, stop: asyncio.Event) -> AsyncIterator[Loaded]:
        """Yield what each change of the file gives, until `stop` is set.

        The directory is watched and not the file, because editors replace files instead of writing into them.
        """
        from watchfiles import awatch

        wanted = str(self.path)
        directory = self.path.parent
        async for _ in awatch(directory, watch_filter=_only(wanted), stop_event=stop, recursive=False, debounce=100):
            yield self.load()


def _only(wanted: str) -> Any:
    return lambda _change, path: path == wanted
