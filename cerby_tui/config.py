"""The configuration: settings, key map and themes from TOML files, taken over live while the app runs.

An unknown key is a warning that names the nearest known one. A file that cannot be understood is reported, and what
was in force before it stays in force.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import AsyncIterator, Mapping, MutableMapping
from dataclasses import dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from cerby_tui.errors import UsageError
from cerby_tui.home import Home, write_private

if TYPE_CHECKING:
    import asyncio

Shape = TypeVar("Shape")
Minutes = Annotated[int, msgspec.Meta(ge=1, le=24 * 60)]
Seconds = Annotated[int, msgspec.Meta(ge=5, le=600)]


@dataclass(frozen=True)
class Settings:
    """What a person can choose. A setting can tighten what the workspace's policy says, never loosen it."""

    theme: str = "dark"
    """Name of the theme, as the theme chooser lists them."""
    mouse: bool = True
    """Whether the app takes the mouse. Off leaves selecting text to the terminal."""
    reduced_motion: bool | None = None
    """No animation. Left out, it is on over SSH and off elsewhere."""
    idle_lock_minutes: Minutes | None = None
    """Minutes without a key before the vault locks. Left out, the workspace's policy decides."""
    clipboard_seconds: Seconds | None = None
    """Seconds after which a copied value is cleared. Left out, the workspace's policy decides."""
    service_ca: str = ""
    """Path of a PEM file with the authority behind the service's certificate, for a service inside a company.

    It replaces the public authorities, and a change counts from the next start on."""
    keyring: bool = True
    """Whether a new vault mixes in a secret from the operating system's keyring, where there is one we trust."""


@dataclass(frozen=True)
class ThemeFile:
    """A theme of the user's own: `themes/NAME.toml`. Colours left out come from the built-in theme it is based on."""

    dark: bool = True
    primary: str = ""
    secondary: str = ""
    accent: str = ""
    foreground: str = ""
    background: str = ""
    surface: str = ""
    panel: str = ""
    success: str = ""
    warning: str = ""
    error: str = ""


@dataclass(frozen=True)
class Loaded:
    """Everything in force, what to warn about, and which files were not taken and why.

    `keys` maps the id of a command, as the help screen lists them, to keys separated by commas.
    """

    settings: Settings = field(default_factory=Settings)
    keys: Mapping[str, str] = field(default_factory=dict)
    themes: Mapping[str, ThemeFile] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Configuration:
    """The files in the home directory and what is in force. A missing file means the defaults."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.current = Loaded()

    def load(self) -> Loaded:
        """Read all files again; whatever cannot be taken stays as it was and is named in `problems`."""
        reading = _Reading()
        before = self.current
        settings = reading.take(self._home.config, Settings, before.settings)
        keys = reading.take(self._home.keymap, dict[str, str], before.keys)
        themes = {
            path.stem: reading.take(path, ThemeFile, before.themes.get(path.stem, ThemeFile()))
            for path in sorted(self._home.themes.glob("*.toml"))
        }
        self.current = Loaded(settings, keys, themes, tuple(reading.warnings), tuple(reading.problems))
        return self.current

    def save(self, name: str, value: object) -> None:
        """Write one setting into the file, leaving everything else in it as it stands, comments too.

        Raises UsageError for a value that is no text, truth value or number.
        """
        if not isinstance(value, str | bool | int):
            raise UsageError(f"The setting {name} cannot be written.")
        try:
            text = self._home.config.read_text(encoding="utf-8")
        except FileNotFoundError:
            text = ""
        write_private(self._home.config, with_setting(text, name, value).encode())

    async def follow(self, stop: asyncio.Event) -> AsyncIterator[Loaded]:
        """Yield what is in force after each change of a file, until `stop` is set.

        Directories are watched and not files, because editors replace files instead of writing into them.
        """
        from watchfiles import awatch

        watched = [path for path in (self._home.root, self._home.themes) if path.is_dir()]
        async for _ in awatch(*watched, watch_filter=self._ours, stop_event=stop, recursive=False, debounce=100):
            yield self.load()

    def _ours(self, _change: object, path: str) -> bool:
        changed = Path(path)
        in_themes = changed.parent == self._home.themes and changed.suffix == ".toml"
        return in_themes or changed in (self._home.config, self._home.keymap)


def trust_authority(settings: Settings, environ: MutableMapping[str, str]) -> None:
    """Have TLS believe the authority of `service_ca` and no other. Raises UsageError if there is no such file.

    Through the variable that OpenSSL and our HTTP client know, because the network is loaded much later than this.
    """
    if not settings.service_ca:
        return
    path = Path(settings.service_ca).expanduser()
    if not path.is_file():
        raise UsageError(f"There is no file {path}, which `service_ca` of the configuration names.")
    environ["SSL_CERT_FILE"] = str(path)


def with_setting(text: str, name: str, value: str | bool | int) -> str:
    """TOML text in which `name` is `value`: its line replaced, or a new one in front of everything else."""
    line = f"{name} = {json.dumps(value, ensure_ascii=False)}"  # for these types JSON and TOML agree
    lines = text.splitlines()
    top = next((at for at, each in enumerate(lines) if each.lstrip().startswith("[")), len(lines))
    for at in range(top):
        if re.match(rf"\s*{re.escape(name)}\s*=", lines[at]):
            lines[at] = line
            break
    else:
        lines.insert(0, line)
    return "\n".join(lines) + "\n"


class _Reading:
    """One pass over the files, collecting what to say about them."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.problems: list[str] = []

    def take(self, path: Path, shape: type[Shape], otherwise: Shape) -> Shape:
        try:
            raw, warnings = _known(_read(path), shape)
            taken = msgspec.convert(raw, shape)
        except FileNotFoundError:
            return msgspec.convert({}, shape)
        except (UsageError, OSError, UnicodeDecodeError, msgspec.ValidationError) as error:
            self.problems.append(f"{path.name} is not taken over: {_plain(error)}.")
            return otherwise
        self.warnings += [f"{path.name}: {warning}" for warning in warnings]
        return taken


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"it is not valid TOML, {error}") from error


def _known(raw: dict[str, Any], shape: Any) -> tuple[dict[str, Any], list[str]]:
    """What the shape has a field for, and a warning for each key it has none for."""
    if not is_dataclass(shape):
        return raw, []
    known = [each.name for each in fields(shape)]
    return {key: raw[key] for key in raw if key in known}, [_unknown(key, known) for key in raw if key not in known]


def _unknown(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=1, cutoff=0.6)
    return f"unknown setting {key!r}" + (f", did you mean {near[0]!r}?" if near else ".")


def _plain(error: Exception) -> str:
    """msgspec says ``Expected `bool`, got `int` - at `$.mouse` ``; people call that place `mouse`."""
    text = str(error).replace("`", "").replace("$.", "").replace(" - at ", " at ").rstrip(".")
    return text[:1].lower() + text[1:]
