"""The cards screen, titled *Accounts*: every account card, filtered as you type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from cerby_tui import terminal_text, words
from cerby_tui.commands import bindings
from cerby_tui.messages import CopyWanted, RowOpened
from cerby_tui.screens.association import as_reachable
from cerby_tui.screens.base import Place, sheet
from cerby_tui.values import CardFilter, Changed
from cerby_tui.widgets.bars import TopBar
from cerby_tui.widgets.card_grid import CardGrid
from cerby_tui.widgets.entry import SearchEntry
from cerby_tui.widgets.summary import Summary

NONE_YET = ("No accounts yet", "", "An account stands here as soon as somebody shares it with you.")
SORTS = {"label": "by label", "recent": "newest activity first", "app": "by app"}
FIRST = (
    "No accounts yet",
    "",
    "Press a to add the first one: its name, its app, and how you log in.",
    "Then open it, and press p on its phone number to have one made.",
)


class CardsScreen(Place):
    """All accounts as cards."""

    CSS_PATH = sheet("cards")
    BINDINGS: ClassVar[list[BindingType]] = bindings("accounts")

    def body(self) -> Iterable[Widget]:
        """A line for filtering, and the cards."""
        with Horizontal(id="filters"):
            yield SearchEntry(placeholder="/ filter accounts")
            yield Summary()
        yield CardGrid(self.desk.now)

    def on_mount(self) -> None:
        """Show what the vault holds; the network has no part in it."""
        self.query_one(TopBar).trail = ("Accounts",)
        grid = self.query_one(CardGrid)
        grid.arrange_as(as_list=self.desk.memory.as_list)
        grid.focus()
        self._read()

    @property
    def _filter(self) -> CardFilter:
        return self.desk.memory.cards

    def _change_filter(self, filter_: CardFilter) -> None:
        self.desk.memory.cards = filter_
        self._read()

    def _read(self) -> None:
        cards = as_reachable(self.desk, self.desk.session.cards(self._filter))
        cards = sorted(cards, key=lambda card: not card.favourite)
        grid = self.query_one(CardGrid)
        grid.empty = self._why_empty()
        grid.show(cards, self._filter.words)
        note = words.count_of(len(cards), "account")
        self.query_one(TopBar).note = f"{note} · {SORTS[self._filter.sort]}"
        self.query_one(Summary).show(self._summary())

    def _why_empty(self) -> tuple[str, ...]:
        chosen = self._filter
        if chosen.words:
            typed = terminal_text.line(chosen.words)
            return ("No results found", f"No account matches “{typed}”. Esc clears the filter.")
        if chosen.apps or chosen.collections:
            return ("No results found", "No account passes the filters. Esc clears them.")
        if chosen.deleted:
            return ("No deleted accounts", "Esc goes back to the others.")
        return FIRST if self.desk.may("add_account") else NONE_YET

    def _summary(self) -> list[str]:
        chosen = self._filter
        names = dict(self.desk.session.apps()) if chosen.apps else {}
        parts = []
        if chosen.apps:
            parts.append("App: " + ", ".join(names.get(app, app) or "no app" for app in chosen.apps))
        if chosen.collections:
            parts.append("Collection: " + ", ".join(chosen.collections))
        if chosen.deleted:
            parts.append("Deleted accounts")
        return parts

    def reread(self, changed: Changed) -> None:
        """Something changed in the vault."""
        self._read()

    def tick(self, countdown: str) -> None:
        """Ages go on."""
        super().tick(countdown)
        if not self.desk.session.people.browses():
            self._read()  # a code that is not fresh any more goes
        self.query_one(CardGrid).tick()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Not everybody adds accounts."""
        if action == "add_account":
            return self.desk.may("add_account")
        return super().check_action(action, parameters)

    def account_in_focus(self) -> bytes | None:
        """The selected account."""
        card = self.query_one(CardGrid).selected
        return card.id if card else None

    def action_search(self) -> None:
        """Type into the filter line."""
        self.set_focus(self.query_one(SearchEntry))  # at once: the next key belongs to it

    @on(Input.Changed)
    def filter_typed(self, event: Input.Changed) -> None:
        """Filter with every key."""
        if event.value != self._filter.words:
            self._change_filter(replace(self._filter, words=event.value))

    @on(SearchEntry.Left)
    def search_left(self, event: SearchEntry.Left) -> None:
        """Back to the cards; Esc takes the words away as well."""
        if event.cleared:
            self.query_one(SearchEntry).value = ""
        self.query_one(CardGrid).focus()

    @on(RowOpened)
    def open_card(self) -> None:
        """The page of the selected account."""
        if card := self.query_one(CardGrid).selected:
            from cerby_tui.screens.account import AccountScreen

            self.app.push_screen(AccountScreen(self.desk, card.id))

    def action_back(self) -> None:
        """Esc clears what filters; this is the last place, so there is nothing to go back to."""
        chosen = self._filter
        if chosen.words or chosen.apps or chosen.collections or chosen.deleted:
            self.query_one(SearchEntry).value = ""
            self._change_filter(CardFilter(sort=chosen.sort))
        else:
            self.say("Ctrl+Q leaves, Ctrl+L locks.")

    def action_copy_code(self) -> None:
        """The newest code of the selected account."""
        card = self.query_one(CardGrid).selected
        if card and card.code:
            self.post_message(CopyWanted(card.code.text, "Code"))
            self.desk.session.activity.note("copied", card.id, "code")
            self.run_worker(self._mark_copied(card.id))
        elif card:
            self.say("No code has come for this account yet.", "warning")

    async def _mark_copied(self, account: bytes) -> None:
        message = self.desk.session.newest_code(account)
        if message and not message.read:
            await self.attempt(self.desk.session.mark_read([message.key]))

    def action_sort(self) -> None:
        """The next order."""
        order = list(SORTS)
        following = order[(order.index(self._filter.sort) + 1) % len(order)]
        self._change_filter(replace(self._filter, sort=following))

    def action_view(self) -> None:
        """Boxes or lines."""
        self.desk.memory.as_list = not self.desk.memory.as_list
        self.query_one(CardGrid).arrange_as(as_list=self.desk.memory.as_list)

    async def action_favourite(self) -> None:
        """Keep this account in front, or no longer."""
        if card := self.query_one(CardGrid).selected:
            await self.attempt(self.desk.session.set_favourite(card.id, not card.favourite))

    def action_add_account(self) -> None:
        """The form for a new account."""
        from cerby_tui.screens.account_form import AccountForm

        self.app.push_screen(AccountForm(self.desk), self._added)

    def _added(self, account: bytes | None) -> None:
        if account:
            from cerby_tui.screens.account import AccountScreen

            self.app.push_screen(AccountScreen(self.desk, account))

    def action_choose_filters(self) -> None:
        """By app, by collection, the deleted ones."""
        from cerby_tui.screens.filters import FiltersScreen, card_sections

        self.app.push_screen(FiltersScreen(card_sections(self.desk.session, self._filter)), self._filters_chosen)

    def _filters_chosen(self, chosen: dict[str, tuple[str, ...]] | None) -> None:
        if chosen is not None:
            apps, collections = chosen["App"], chosen["Collection"]
            self._change_filter(
                replace(self._filter, apps=apps, collections=collections, deleted=bool(chosen["Status"]))
            )
