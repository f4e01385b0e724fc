"""The Textual app: the first screen, settings taken over live, and the ways out. Screens do the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from textual.app import App
from textual.color import ColorParseError
from textual.filter import LineFilter
from textual.screen import Screen

from cerby_tui import theme as themes
from cerby_tui.clock import Clock, SystemClock
from cerby_tui.commands import bindings, unknown_ids
from cerby_tui.config import Loaded
from cerby_tui.screens.base import Place, sheet
from cerby_tui.screens.desk import DemoAct, Desk, Ending
from cerby_tui.screens.housekeeping import Housekeeping
from cerby_tui.screens.unlock import UnlockScreen

if TYPE_CHECKING:
    from cerby_tui.enrolling.ways import Ways
    from cerby_tui.session import Session


class CerbyApp(Housekeeping):
    """The app. One of three doors leads in: an open `session`, `enrolment`, or the lock screen (`open_session`).

    `open_session` is called with the passphrase in a thread and raises LockedError with a sentence, `reopen` with a
    recovery code and a new passphrase; `hint` and `said` are shown on the lock screen. `on_unlocked` is told of the
    session, which is then for its receiver to close; `on_lock` that the app is about to end.
    """

    BINDINGS = bindings("everywhere")
    ENABLE_COMMAND_PALETTE = False
    TITLE = "cerby"

    def __init__(
        self,
        *,
        open_session: Callable[[str], Session],
        reopen: Callable[[str, str], Session] | None = None,
        session: Session | None = None,
        enrolment: Callable[[], Ways] | None = None,
        config: Loaded | None = None,
        save_setting: Callable[[str, object], None] | None = None,
        demo: Sequence[DemoAct] = (),
        hint: str = "",
        said: str = "",
        on_unlocked: Callable[[Session], None] | None = None,
        on_lock: Callable[[], None] | None = None,
        clock: Clock | None = None,
        zone: tzinfo | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.colourless = bool(environ.get("NO_COLOR"))
        # Textual reads the sheet of a pushed screen itself, but not that of the very first one.
        first = "cards" if session else "enrolment" if enrolment else "unlock"
        super().__init__(clock or SystemClock(), environ, self.colourless or None, [sheet("base"), sheet(first)])
        self.no_color = self.colourless  # what `:nocolor` in the sheets asks for
        self._open_session, self._session, self._enrolment = open_session, session, enrolment
        self._reopen = reopen
        self._demo, self._hint, self._said, self._zone = tuple(demo), hint, said, zone
        self._on_unlocked, self._on_lock, self._save_setting = on_unlocked, on_lock, save_setting
        self._leaving = False
        self.config = config or Loaded()
        self.theme_titles: dict[str, str] = {}
        self._register_themes()
        self.set_reactive(App.theme, self._theme_name())
        self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> Screen[None]:
        """The first screen is the only one that is mounted at the start."""
        if self._session:
            return self._cards(self._session)
        if self._enrolment:
            from cerby_tui.screens.welcome import WelcomeScreen

            return WelcomeScreen(self._enrolment(), self.enrolled, self.clock)
        return UnlockScreen(self._open_session, self.opened, hint=self._hint, said=self._said, reopen=self._reopen)

    def on_mount(self) -> None:
        """Take over keys and motion; lock when the process was stopped and goes on."""
        self.apply_config(self.config)
        self.app_resume_signal.subscribe(self, lambda _app: self.run_worker(self.action_lock()))

    def opened(self, session: Session) -> None:
        """The vault is open: show the cards, then let the network begin."""
        self.replace_first(self._cards(session))

    def enrolled(self, session: Session) -> None:
        """This device is set up: from the steps to the cards, which are still empty and say what comes next."""
        self.pop_screen()
        self.opened(session)

    def _cards(self, session: Session) -> Place:
        from cerby_tui.screens.cards import CardsScreen

        self._session = session
        self.desk = Desk(session, self.clock, self._zone, self._demo)
        self.follow_policy()
        session.subscribe(self.gate.put)
        if self._on_unlocked:
            self._on_unlocked(session)
        self.call_after_refresh(session.start)
        return CardsScreen(self.desk)

    def apply_config(self, config: Loaded) -> None:
        """Take the configuration over while the app runs; what could not be taken is said."""
        for sentence in (*config.problems, *config.warnings, *unknown_ids(config.keys)):
            self.say(sentence, "warning")
        if config is not self.config:
            self.config = config
            self._register_themes()
        self.theme = self._theme_name()
        self.set_keymap(config.keys)
        chosen = config.settings.reduced_motion
        still = bool(self.environ.get("SSH_CONNECTION")) if chosen is None else chosen
        self.animation_level = "none" if still else "full"
        self.follow_policy()

    def follow_policy(self) -> None:
        """A setting may tighten what the workspace's policy says, never loosen it."""
        if not self._session:
            return
        policy, chosen = self._session.policy(), self.config.settings
        self.idle.limit = min(policy.idle_lock, (chosen.idle_lock_minutes or 24 * 60) * 60)
        self.clipboard_seconds = min(policy.clipboard, chosen.clipboard_seconds or 600)

    def _register_themes(self) -> None:
        self.theme_titles = dict(themes.TITLES)
        for each in themes.THEMES:
            self.register_theme(each)
        for name, file in self.config.themes.items():
            try:
                self.register_theme(themes.own_theme(name, file))
            except ColorParseError as error:
                self.say(f"The theme {name} has a colour that does not exist: {error}.", "warning")
            else:
                self.theme_titles[name] = name

    def _theme_name(self) -> str:
        if self.colourless:
            return themes.ANSI_THEME
        wanted = self.config.settings.theme
        return wanted if wanted in self.theme_titles else themes.DEFAULT_THEME

    def action_settings(self) -> None:
        """Choose a theme."""
        from cerby_tui.screens.settings import SettingsScreen

        self.push_screen(SettingsScreen(self.theme_titles, self._keep_theme, fixed=self.colourless))

    def _keep_theme(self, name: str) -> None:
        if self._save_setting:
            self._save_setting("theme", name)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """With NO_COLOR nothing is sent that names a colour, not even the default one."""
        return [themes.Colourless()] if self.colourless else super().get_line_filters()

    async def action_lock(self) -> None:
        """Lock: close the vault and leave, so that the process can be replaced by an empty one."""
        await self.shutdown_for(Ending.LOCKED)

    async def action_suspend_locked(self) -> None:
        """Lock, and let the shell have the terminal."""
        await self.shutdown_for(Ending.SUSPENDED)

    async def action_leave(self) -> None:
        """Leave for good."""
        await self.shutdown_for(Ending.QUIT)

    async def shutdown_for(self, reason: Ending) -> None:
        """Take back the clipboard and end the app with `reason`; whoever runs it then flushes and closes the vault.

        Not here: a screen that is still there would read a vault that is closed.
        """
        if self._leaving:
            return
        self._leaving = True
        await self.clear_clipboard()
        if self._on_lock:
            self._on_lock()
        self.exit(reason)
