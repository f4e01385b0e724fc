"""The accounts of the demo workspace: apps of every phone support, a few of them with a number and messages already.

Everything here is made up. Numbers that people keep themselves are from the range set aside for fiction.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cerby_tui.values import CustomField, Item
from cerby_wire.catalogue import load


@dataclass(frozen=True)
class DemoCard:
    """A card, whether it gets a number, and the texts (besides the app's own code) that have come to it."""

    item: Item
    numbered: bool = False
    texts: tuple[tuple[str, str], ...] = field(default_factory=tuple)
    """(sender, text) pairs, oldest first."""


def demo_cards() -> list[DemoCard]:
    """The cards in the order in which they are made."""
    return [*_with_numbers(), *_plain(), *_special()]


def _with_numbers() -> list[DemoCard]:
    return [
        DemoCard(
            _item("Company bank", "sandbox-bank", "finance@saltmarsh.example", "Finance"),
            numbered=True,
            texts=(
                ("57201", "Sandbox Bank: a card payment of $1,284.00 to HARBOR OFFICE SUPPLY was approved."),
                ("57201", "Sandbox Bank will never ask for this code. Your sign-in code is 730 518."),
            ),
        ),
        DemoCard(
            _item("Ad campaigns", "sandbox-ads", "ads@saltmarsh.example", "Marketing"),
            numbered=True,
            texts=(("28849", "Sandbox Ads: your campaign “Spring tides” has used 80% of its budget."),),
        ),
        DemoCard(
            _item("Brand page", "sandbox-social", "saltmarsh", "Marketing", totp=True),
            numbered=True,
            texts=(("73225", "G-493027 is your Sandbox Social verification code. Don't share it."),),
        ),
        DemoCard(_item("Newsletter", "mailchimp", "news@saltmarsh.example", "Marketing"), numbered=True),
        DemoCard(_item("Online shop", "shopify", "shop@saltmarsh.example", "Sales", "Finance"), numbered=True),
    ]


def _plain() -> list[DemoCard]:
    rows: list[tuple[str, str, str, tuple[str, ...]]] = [
        ("Marketplace seller", "amazon", "orders@saltmarsh.example", ("Sales",)),
        ("Card payments", "stripe", "finance@saltmarsh.example", ("Finance",)),
        ("Signatures", "docusign", "legal@saltmarsh.example", ("Legal",)),
        ("Community server", "discord", "saltmarsh-team", ("Marketing",)),
        ("Workspace admin", "google", "admin@saltmarsh.example", ("IT",)),
        ("Travel card", "american-express", "travel@saltmarsh.example", ("Finance",)),
        ("Customer list", "hubspot", "sales@saltmarsh.example", ("Sales", "Marketing")),
        ("Company page", "linkedin", "people@saltmarsh.example", ("Marketing", "People")),
        ("Photo feed", "instagram", "saltmarsh.co", ("Marketing",)),
        ("Team chat", "slack", "admin@saltmarsh.example", ("IT",)),
        ("Source code", "github", "saltmarsh-bot", ("IT",)),
        ("Design files", "figma", "design@saltmarsh.example", ("Marketing",)),
        ("Payroll", "gusto", "people@saltmarsh.example", ("People", "Finance")),
        ("Production cloud", "aws", "root@saltmarsh.example", ("IT",)),
        ("DNS and edge", "cloudflare", "ops@saltmarsh.example", ("IT",)),
        ("Domain names", "namecheap", "saltmarsh", ("IT",)),
        ("Project board", "asana", "team@saltmarsh.example", ("People",)),
        ("Payouts", "paypal", "finance@saltmarsh.example", ("Finance",)),
    ]
    authenticator = {"aws", "cloudflare", "github"}
    return [
        DemoCard(_item(label, app, user, *collections, totp=app in authenticator))
        for label, app, user, collections in rows
    ]


def _special() -> list[DemoCard]:
    """An own phone instead of a managed number, and an app that no catalogue knows with fields of its own."""
    alarm = Item(
        label="Warehouse alarm",
        app_name="Gatekeeper panel",
        login_url="https://panel.gatekeeper.example/sites/4411",
        username="site-4411",
        password=secrets.token_urlsafe(12),
        backup_codes=tuple(f"{secrets.randbelow(10**8):08}" for _ in range(4)),
        notes="The panel locks for ten minutes after three wrong codes.\nGuards answer on the radio, channel 4.",
        fields=(
            CustomField("Site", "Pier 9, Dock 2"),
            CustomField("Duress word", "lighthouse", hidden=True),
            CustomField("Manual", "https://docs.gatekeeper.example/panel.pdf", kind="link"),
            CustomField("Zones", "1 doors\n2 windows\n3 cold store", kind="long"),
        ),
        collections=("Operations",),
    )
    satellite = _item("Satellite link", "starlink", "ops@saltmarsh.example", "Operations", phone="+12025550143")
    return [DemoCard(alarm), DemoCard(satellite)]


def lent_card(turn: int) -> Item:
    """What the colleague shares, another one each time."""
    rows = (
        ("Trade fair travel", "airbnb", "events@saltmarsh.example", "Sales"),
        ("Video channel", "vimeo", "video@saltmarsh.example", "Marketing"),
        ("Meeting rooms", "zoom", "office@saltmarsh.example", "Operations"),
    )
    label, app, user, collection = rows[turn % len(rows)]
    name = label if turn < len(rows) else f"{label} {turn // len(rows) + 1}"
    return _item(name, app, user, collection)


def _item(label: str, slug: str, username: str, *collections: str, totp: bool = False, phone: str = "") -> Item:
    app = load().get(slug)
    name, domain = (app.name, app.domains[0]) if app and app.domains else (slug, f"{slug}.example")
    return Item(
        label=label,
        app=slug,
        app_name=name,
        login_url=f"https://{domain}/login",
        username=username,
        password=secrets.token_urlsafe(12),
        email=username if "@" in username else "team@saltmarsh.example",
        phone=phone,
        totp=_seed() if totp else "",
        collections=collections,
    )


def _seed() -> str:
    """A TOTP seed of 160 bits in base 32, as RFC 4226 asks for."""
    from base64 import b32encode

    return b32encode(secrets.token_bytes(20)).decode()
