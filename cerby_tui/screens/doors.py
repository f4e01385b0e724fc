"""Where every place can be reached from. Screens are imported when they are first wanted: the start is measured."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from textual.app import App
from textual.dom import DOMNode

from cerby_tui.commands import AREAS, COMMANDS, key_words
from cerby_tui.errors import CerbyError
from cerby_tui.screens.base import WIDE, Place
from cerby_tui.screens.desk import Desk, Ending
from cerby_tui.screens.keeping import Notices
from cerby_tui.values import MessageKey

if TYPE_CHECKING:
    from cerby_tui.screens.finder import Finding, Run
    from cerby_wire.permissions import Action

NEEDS_VAULT = {
    "inbox",
    "sync_now",
    "waiting",
    "demo_menu",
    "palette",
    "members",
    "devices",
    "recovery",
    "workspace_settings",
    "activity",
    "leavers",
    "undo",
}
LEADS_TO = {
    "inbox": "InboxScreen",
    "waiting": "OutboxScreen",
    "members": "MembersScreen",
    "devices": "DevicesScreen",
    "workspace_settings": "PolicyScreen",
    "activity": "ActivityScreen",
    "leavers": "LeaversScreen",
}
"""Places by the actions that lead there: nothing is offered that leads to where one is."""

NEEDED: dict[str, Action] = {
    "leavers": "receive_owner",
    "members": "see_members",
    "workspace_settings": "configure_workspace",
}
"""What a person must be allowed to do for a place to exist for them."""


class Doors(App[Ending]):
    """The actions that lead to a place or a dialog, wherever the person is."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012  (Textual declares it this way)
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012

    desk: Desk | None = None
    notices: Notices

    def follow_policy(self) -> None:
        """Take over what the workspace asks of its members' clients. The app knows the settings that narrow it."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Places that show the vault's content exist while it is open, the demo menu in the demo."""
        if action in NEEDS_VAULT and self.desk is None:
            return False
        if action in LEADS_TO and type(self.screen).__name__ == LEADS_TO[action]:
            return False
        if action == "demo_menu":
            return bool(self.desk and self.desk.demo)
        if action == "undo":
            return bool(self.desk and self.desk.session.can_undo)
        if action == "inbox" and self.desk:
            return self.desk.session.people.browses()
        if action in NEEDED and self.desk:
            return self.desk.may(NEEDED[action])
        return super().check_action(action, parameters)

    def place(self) -> Place | None:
        """The uppermost whole-screen place."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Place)), None)

    def open_account(self, account: bytes, *, inbox: bool = False) -> None:
        """Show the page of an account."""
        from cerby_tui.screens.account import AccountScreen

        if self.desk:
            try:
                page = AccountScreen(self.desk, account, tab="inbox" if inbox else "general")
            except CerbyError as error:  # it is gone since it was found
                self.notify(error.whole(), severity="warning")
            else:
                self.push_screen(page)

    def open_message(self, key: MessageKey) -> None:
        """Show one whole message."""
        from cerby_tui.screens.message import MessageScreen

        if self.desk:
            self.push_screen(MessageScreen(self.desk, key))

    def action_inbox(self) -> None:
        """The Shared Inbox."""
        from cerby_tui.screens.inbox import InboxScreen

        if self.desk and not isinstance(self.screen, InboxScreen):
            self.push_screen(InboxScreen(self.desk))

    async def action_undo(self) -> None:
        """Take back the last change or share of this sitting."""
        place = self.place()
        if self.desk and place:
            place.say(await place.attempt(self.desk.session.history.undo()) or "")

    def action_waiting(self) -> None:
        """Waiting changes and those that could not be saved."""
        from cerby_tui.screens.outbox import OutboxScreen

        if self.desk and not isinstance(self.screen, OutboxScreen):
            self.push_screen(OutboxScreen(self.desk))

    def action_members(self) -> None:
        """Everybody in the workspace."""
        from cerby_tui.screens.members import MembersScreen

        if self.desk and not isinstance(self.screen, MembersScreen):
            self.push_screen(MembersScreen(self.desk))

    def action_devices(self) -> None:
        """One's own trusted sessions."""
        from cerby_tui.screens.devices import DevicesScreen

        if self.desk and not isinstance(self.screen, DevicesScreen):
            self.push_screen(DevicesScreen(self.desk))

    def action_recovery(self) -> None:
        """The recovery kit."""
        from cerby_tui.screens.recovery import RecoveryScreen

        if self.desk:
            self.push_screen(RecoveryScreen(self.desk))

    def action_activity(self) -> None:
        """Who did what, and when."""
        from cerby_tui.screens.activity import ActivityScreen

        if self.desk and not isinstance(self.screen, ActivityScreen):
            self.push_screen(ActivityScreen(self.desk))

    def action_leavers(self) -> None:
        """What those who were removed may still know."""
        from cerby_tui.screens.leavers import LeaversScreen

        if self.desk and not isinstance(self.screen, LeaversScreen):
            self.push_screen(LeaversScreen(self.desk))

    def action_workspace_settings(self) -> None:
        """What the workspace asks of its members' devices."""
        from cerby_tui.screens.policy import PolicyScreen

        if self.desk and not isinstance(self.screen, PolicyScreen):
            self.push_screen(PolicyScreen(self.desk))

    def action_help(self) -> None:
        """All keys of the focused place."""
        from cerby_tui.screens.finder import Finder, HelpScreen

        if not isinstance(self.screen, Finder):
            self.push_screen(HelpScreen(self._commands_here()), self._run_found)

    def action_palette(self) -> None:
        """Commands, accounts and messages in one list."""
        from cerby_tui.screens.finder import Finder, PaletteScreen

        if self.desk and not isinstance(self.screen, Finder):
            palette = PaletteScreen(self._commands_here(), self.desk, self.open_account, self.open_message)
            self.push_screen(palette, self._run_found)

    def _commands_here(self) -> list[Finding]:
        """The commands that work here and now: those of the focused widget first, those of everywhere last."""
        from cerby_tui.screens.finder import Finding

        keys: dict[str, list[str]] = {}
        runs: dict[str, Run] = {}
        for key, active in self.screen.active_bindings.items():
            command = COMMANDS.get(active.binding.id or "")
            if active.enabled and command:
                keys.setdefault(command.id, []).append(key_words(key))
                runs.setdefault(command.id, self._runner(active.binding.action, active.node))
        areas = list(dict.fromkeys(COMMANDS[each].area for each in runs))
        areas.sort(key=lambda area: {"list": 1, "place": 2, "everywhere": 3}.get(area, 0))
        return [
            Finding(AREAS[area], COMMANDS[each].label, COMMANDS[each].help, "  ".join(keys[each]), runs[each])
            for area in areas
            for each in runs
            if COMMANDS[each].area == area
        ]

    def _runner(self, action: str, node: DOMNode) -> Run:
        return lambda: self.run_action(action, node)

    async def _run_found(self, run: Run | None) -> None:
        if run:
            done = run()
            if isinstance(done, Awaitable):
                await done

    def action_log_of_notices(self) -> None:
        """Everything the app said."""
        from cerby_tui.screens.log import LogScreen

        if not isinstance(self.screen, LogScreen):
            self.push_screen(LogScreen(self.notices.log, self.desk.zone if self.desk else None))

    def action_demo_menu(self) -> None:
        """What the other side can be made to do."""
        from cerby_tui.screens.demo import DemoScreen

        place = self.place()
        if self.desk and self.desk.demo:
            self.push_screen(DemoScreen(self.desk.demo, place.account_in_focus() if place else None))
