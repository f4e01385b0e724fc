"""What the service says about numbers, to a real client over a real socket: what it signed for this account counts."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from cerby_tui.values import Item
from cerby_wire.encoding import decode
from cerby_wire.primitives import SigningKey
from cerby_wire.records import Number, sign_record
from cerby_wire.shapes import NumberView, SignedRecord
from tests.hostile.scene import Scene, alarm, make_scene, said
from tests.hostile.service import Hostile
from tests.rig import ServiceRig

ADA = 0
Lie = Callable[[Hostile, NumberView], NumberView]


@pytest.fixture
async def scene(rig: ServiceRig, tmp_path: Path) -> AsyncIterator[Scene]:
    """Ada, Bob and Cleo."""
    made = await make_scene(rig, tmp_path)
    yield made
    await made.close()


def signed_by(key: Callable[[Hostile, Number], SignedRecord], **changes: object) -> Lie:
    """The view with a record that says something else, or is signed by somebody else."""

    def lie(layer: Hostile, view: NumberView) -> NumberView:
        assert view.record is not None
        return replace(view, record=key(layer, replace(decode(view.record.raw, Number), **changes)))

    return lie


def by_service(layer: Hostile, record: Number) -> SignedRecord:
    """Signed by the service's own key."""
    return layer.signs(record)


def by_another(_layer: Hostile, record: Number) -> SignedRecord:
    """Signed by a key of somebody else."""
    return sign_record(SigningKey(os.urandom(32)), record)


LIES: dict[str, tuple[str, Lie]] = {
    "by another key": ("bad_signature", signed_by(by_another)),
    "of another account": ("another_number", signed_by(by_service, account=bytes(20))),
    "of another workspace": ("another_number", signed_by(by_service, workspace=bytes(20))),
    "another number": ("another_number", signed_by(by_service, e164="+15550999")),
    "of another kind": ("another_number", signed_by(by_service, kind="non_voip")),
    "another id": ("another_number", signed_by(by_service, id=os.urandom(16))),
}


@pytest.mark.parametrize(("rule", "lie"), LIES.values(), ids=LIES.keys())
async def test_forged_number(scene: Scene, rule: str, lie: Lie) -> None:
    """A number whose record does not hold is not taken over; its account keeps the number that it had."""
    session, layer = scene.open(ADA)
    account = await session.add_account(Item("Trips", app="airbnb", notes="held before"))
    offer = await session.offer_number(account)
    await session.commit_number(offer, offer.id.hex())
    await session.sync_now()
    before = session.card(account).number
    assert before is not None
    session._writing.vault.meta.progress = replace(session._writing.vault.meta.progress, cursor="")
    layer.heads(lambda told: replace(told, numbers=[lie(layer, view) for view in told.numbers]))
    await session.sync_now()
    assert alarm(session, account) == rule
    assert "the account “Trips”" in said(session)
    assert (session.card(account).number, session.account(account).item.notes) == (before, "held before")


@pytest.mark.parametrize("state", ["active", "releasing"])
async def test_number_that_is_not_bound(scene: Scene, state: str) -> None:
    """A number without the service's signature, or on its way out, is not written into the account's stream."""
    account = await scene.account_of(ADA)
    await scene.look()
    session, layer = scene.open(ADA)
    session._writing.vault.meta.progress = replace(session._writing.vault.meta.progress, cursor="")
    number = Number(os.urandom(16), scene.crowd.workspace, account, "+15550999", "voip", b"offer", 1)
    record = layer.signs(number) if state == "releasing" else None
    view = NumberView(number.id, account, number.e164, "voip", state, record=record)  # type: ignore[arg-type]
    layer.heads(lambda told: replace(told, numbers=[view]))
    await session.sync_now()
    before = len(scene.entries(account))
    await scene.look()
    assert len(scene.entries(account)) == before
    assert alarm(session, account) == ""
    assert (session.status().waiting, session.account(account).item.notes) == (0, "held before")
