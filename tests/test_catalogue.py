"""The app catalogue: what it says, on what evidence, and how an app is found."""

import pytest

from cerby_wire.catalogue import App, Catalogue, load, one_slip


def test_every_claim_about_numbers_has_its_evidence() -> None:
    """An app whose phone support is claimed names sentence, source and month; an unknown one claims nothing."""
    for app in load():
        claimed = app.phone != "unknown" or app.category == "sandbox"
        if claimed:
            assert all((app.evidence, app.source, app.date)), app.slug


def test_all_four_kinds_of_support_are_there() -> None:
    """The demo can show an app of every kind."""
    assert {"voip", "non_voip", "none", "unknown"} == {app.phone for app in load()}


def test_slugs_and_domains_are_unique_and_plain() -> None:
    """No two apps share a slug or a host, and both are lower-case."""
    apps = list(load())
    domains = [domain for app in apps for domain in app.domains]

    assert len(load()) == len(apps)
    assert len(domains) == len(set(domains))
    assert all(text == text.lower().strip() for app in apps for text in (app.slug, *app.domains))


def test_an_app_without_sms_takes_no_number() -> None:
    """Where only an authenticator app is offered, the catalogue says `none` and points to it."""
    aws = load().get("aws")

    assert aws is not None
    assert ("none", True, False) == (aws.phone, aws.totp, aws.sms)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("instagram", "instagram"),
        ("bank america", "bank-of-america"),
        ("america bank", "bank-of-america"),
        ("LINKEDIN", "linkedin"),
        ("x", "x"),
        ("twitter", "x"),
        ("isntagram", "instagram"),
        ("instagrm", "instagram"),
        ("wells", "wells-fargo"),
    ],
)
def test_search_finds_the_app_first(text: str, slug: str) -> None:
    """Words in any order, any case, one slip of the finger: the app meant comes first."""
    assert slug == load().search(text)[0].slug


def test_search_for_nothing_lists_everything() -> None:
    """An empty search is the whole catalogue, by name."""
    names = [app.name.lower() for app in load().search("  ")]

    assert sorted(names) == names
    assert len(load()) == len(names)


def test_search_needs_every_word() -> None:
    """One word that fits nothing empties the answer."""
    assert [] == load().search("instagram zzzz")


@pytest.mark.parametrize(
    ("host", "slug"),
    [
        ("www.instagram.com", "instagram"),
        ("Accounts.Google.com.", "google"),
        ("ads.x.com:443", "x"),
        ("cloud.google.com", "google-cloud"),
        ("notinstagram.com", None),
        ("com", None),
        ("", None),
    ],
)
def test_a_host_belongs_to_its_app_only(host: str, slug: str | None) -> None:
    """Sub-domains count, look-alikes do not, the longest match wins."""
    app = load().by_domain(host)

    assert slug == (app.slug if app else None)


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("paypal", "paypal", True),
        ("paypl", "paypal", True),
        ("payypal", "paypal", True),
        ("papyal", "paypal", True),
        ("paypel", "paypal", True),
        ("paxpel", "paypal", False),
        ("pal", "paypal", False),
        ("payp", "paypla", False),
    ],
)
def test_one_slip(one: str, other: str, near: bool) -> None:
    """One letter added, missing, wrong or swapped is a slip; two are another word."""
    assert near is one_slip(one, other)


def test_a_team_may_bring_apps_of_its_own() -> None:
    """A catalogue is a value made from apps."""
    mine = Catalogue([App(slug="crm", name="Our CRM", domains=("crm.example",), category="sales")])

    assert "unknown" == next(iter(mine)).phone
    assert mine.by_domain("crm.example") is mine.get("crm")
