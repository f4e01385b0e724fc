"""The dialog *Cerby-generated Phone Number*: a number that the service holds, a promise, and the commit."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, Literal

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from cerby_tui import words
from cerby_tui.commands import bindings
from cerby_tui.errors import CerbyError, OfflineError, RefusedError
from cerby_tui.messages import CopyWanted, Pressed
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.screens.desk import Desk
from cerby_tui.values import Account, ManagedNumber, OfferedNumber
from cerby_tui.widgets.button import Press
from cerby_tui.widgets.offer_face import OfferFace, Offering
from cerby_tui.widgets.tick import Tick

Left = Literal["left", "unsure"]
OFFLINE = "The service cannot be reached, so no number can be offered. R tries again."
UNSURE = "The service did not answer. Nobody knows yet whether the number was created. Enter asks again, safely."
FASTER = "Somebody else was faster: {taken} is gone. This is another one, and it needs your tick again."
ANOTHER = {"offer_expired", "number_taken", "no_stock", "carrier_failed", "unavailable", "too_many_requests"}
"""Refusals after which asking for another number makes sense."""


class NumberDialog(Dialog[ManagedNumber | Left]):
    """Answers the number that was created, "left" if none was, "unsure" if nobody can say yet."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("number")

    def __init__(self, desk: Desk, account: Account) -> None:
        super().__init__()
        self.desk = desk
        self._account = account
        self._key = ""
        self._unsure = False
        self._again = False
        self._copied = False

    def body(self) -> Iterable[Widget]:
        """Number, tick, button."""
        label = self._account.card.label
        yield caption("Cerby-generated Phone Number", "title")
        yield OfferFace()
        yield Tick(f"I will add the phone number to {label} account setting")
        with Horizontal(classes="buttons"):
            yield Press("Create Phone Number", disabled=True, default=True)

    def on_mount(self) -> None:
        """Ask at once; count the hold down."""
        self.set_interval(1.0, self._count_down)
        self._ask()

    @property
    def offering(self) -> Offering:
        """What the dialog is about just now."""
        return self.query_one(OfferFace).offering

    def _show(self, offering: Offering) -> None:
        self.query_one(OfferFace).offering = offering
        self.query_one(Press).disabled = not self._can_commit()
        self.refresh_bindings()

    def _can_commit(self) -> bool:
        ready = self.offering.stage == "offered" or (self._unsure and self.offering.stage == "refused")
        return ready and self.query_one(Tick).ticked

    def _ask(self) -> None:
        self._again = False
        self._show(Offering())
        self.run_worker(self._fetch_offer(), exclusive=True, group="offer")

    async def _fetch_offer(self) -> None:
        try:
            offer = await self.desk.session.offer_number(self._account.card.id)
        except OfflineError:
            self._refuse(OFFLINE, again=True)
        except CerbyError as error:
            self._refuse(error.whole(), again=isinstance(error, RefusedError) and error.code in ANOTHER)
        else:
            self._take(offer)

    def _take(self, offer: OfferedNumber, said: str = "") -> None:
        self._key = secrets.token_hex(16)
        self._unsure = self._copied = False
        self.query_one(Tick).ticked = False
        self._show(Offering("offered", offer, said, words.remaining(offer.expires, self.desk.now())))

    def _refuse(self, sentence: str, *, again: bool) -> None:
        self._again = again
        self._show(replace(self.offering, stage="refused", said=sentence))

    def _count_down(self) -> None:
        offer = self.offering.offer
        if self.offering.stage == "offered" and offer:
            if self.desk.now() >= offer.expires:
                self._again = True
                self._show(replace(self.offering, stage="expired", said=""))
            else:
                left = words.remaining(offer.expires, self.desk.now())
                self.query_one(OfferFace).offering = replace(self.offering, left=left)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense in this stage; committing needs the tick and happens once."""
        if not self.query(OfferFace) or not self.query(Tick):
            return False
        stage = self.offering.stage
        if action == "commit":
            return self._can_commit()
        if action in ("tick", "copy_number"):
            return stage == "offered" or (self._unsure and stage == "refused")
        if action == "ask_again":
            return self._again and stage in ("refused", "expired")
        return super().check_action(action, parameters)

    def action_ask_again(self) -> None:
        """Another number."""
        self._ask()

    def action_copy_number(self) -> None:
        """E.164, which every form takes."""
        if offer := self.offering.offer:
            self._copied = True
            self.post_message(CopyWanted(offer.e164, "Phone number"))

    def action_tick(self) -> None:
        """Promise, or take it back."""
        tick = self.query_one(Tick)
        tick.ticked = not tick.ticked
        self._show(self.offering)

    @on(Pressed)
    def clicked(self, event: Pressed) -> None:
        """The mouse does what the keys do."""
        if isinstance(event.sender, Tick):
            if self.check_action("tick", ()):
                self.action_tick()
        elif self._can_commit():
            self.action_commit()

    def action_commit(self) -> None:
        """Create the number. The same key is used again after a lost answer, so nothing is bought twice."""
        offer = self.offering.offer
        if offer and self._can_commit():
            self._show(replace(self.offering, stage="committing", said=""))
            self.run_worker(self._commit(offer), exclusive=True, group="commit")

    async def _commit(self, offer: OfferedNumber) -> None:
        try:
            committed = await self.desk.session.commit_number(offer, self._key)
        except OfflineError:
            self._unsure = True
            self._refuse(UNSURE, again=False)
        except CerbyError as error:
            self._unsure = False
            self._refuse(error.whole(), again=isinstance(error, RefusedError) and error.code in ANOTHER)
        else:
            if committed.number:
                if self._copied:
                    await self.attempt(self.desk.session.mark_copied_number(self._account.card.id))
                self.dismiss(committed.number)
            elif committed.next_offer:
                self._take(committed.next_offer, FASTER.format(taken=words.phone_number(offer.e164)))

    def action_leave_dialog(self) -> None:
        """Leave; the offer is given back, so that the number is free for others."""
        stage, offer = self.offering.stage, self.offering.offer
        if stage == "committing":
            self.say("The number is being created just now; please wait.", "warning")
            return
        if offer and not self._unsure:
            self.app.run_worker(self.attempt(self.desk.session.close_offer(offer)), group="offers")
        self.dismiss("unsure" if self._unsure else "left")
