"""The sandbox carrier against independent peers: Twilio's own SDK as customer, and Twilio's published description."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from phonenumbers import is_valid_number, parse
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from cerby_service.carriers.signatures import signature_holds, twilio_signature
from cerby_service.sandbox.stock import Stock
from cerby_service.sandbox.texts import code_text, short_code
from cerby_service.settings import Timings
from cerby_tui.codes.extract import extract
from tests.rig import ServiceRig, service_rig
from tests.service.member import Member, until
from tests.service.openapi import described
from tests.service.test_inbound import opened, stored

OWN_EXAMPLE = "$.line_type_intelligence.error_code may not be null"
"""Twilio's schema says so, but its own example of the same answer holds null there, and so do real answers."""
API, LOOKUPS = "twilio_api_v2010.json", "twilio_lookups_v2.json"


class Redirected(TwilioHttpClient):  # type: ignore[misc]
    """The SDK's own HTTP client, led to the sandbox; keeps what it was answered."""

    def __init__(self, origin: str) -> None:
        super().__init__(pool_connections=False)
        self._origin = origin
        self.answers: list[tuple[str, str, int, str]] = []

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request to the sandbox instead."""
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        answer = super().request(method, f"{self._origin}/sandbox{parts.path}{query}", *args, **kwargs)
        self.answers.append((method.lower(), parts.path, answer.status_code, answer.text))
        return answer


class Customer:
    """A customer of the sandbox who uses Twilio's SDK."""

    def __init__(self, rig: ServiceRig) -> None:
        account = rig.sandbox_account
        self.http = Redirected(rig.origin)
        self.client = Client(account.sid, account.token, http_client=self.http)

    def buy(self, **more: str) -> Any:
        """Buy the first number on sale."""
        number = self.client.available_phone_numbers("US").local.list(limit=1)[0]
        return self.buy_one(number.phone_number, **more)

    def buy_one(self, e164: str, **more: str) -> Any:
        """Buy a certain number."""
        return self.client.incoming_phone_numbers.create(phone_number=e164, **more)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ServiceRig]:
    """A service on the machine's own clock."""
    with service_rig(tmp_path) as rig:
        yield rig


@pytest.fixture
def customer(rig: ServiceRig) -> Customer:
    """A customer with the right credentials."""
    return Customer(rig)


def error_of(act: Any) -> tuple[int, int]:
    """Status and Twilio's code of the error that an act runs into."""
    with pytest.raises(TwilioRestException) as caught:
        act()
    return caught.value.status, caught.value.code


def test_searching_finds_numbers_that_are_fit_for_fiction(customer: Customer) -> None:
    """Every number on sale is valid in form and in the range that is set aside; filters narrow the list."""
    local = customer.client.available_phone_numbers("US").local.list(area_code=206, limit=1000)
    mobile = customer.client.available_phone_numbers("US").mobile.list(limit=1000)
    numbers = [number.phone_number for number in (*local, *mobile)]

    assert all(re.fullmatch(r"\+1\d{3}555(01\d\d)", number) for number in numbers)
    assert all(is_valid_number(parse(number)) for number in numbers)
    assert all(number.phone_number.startswith("+1206") for number in local)
    assert 50 == len(local)


def test_a_number_is_bought_listed_changed_and_given_back(customer: Customer) -> None:
    """The whole life of a number through the SDK, with our free text and webhook kept."""
    numbers = customer.client.incoming_phone_numbers
    bought = customer.buy(friendly_name="our-id", sms_url="http://127.0.0.1:9/x")
    (listed,) = numbers.list(phone_number=bought.phone_number)
    changed = numbers(bought.sid).update(friendly_name="other")
    numbers(bought.sid).delete()

    assert ("our-id", "http://127.0.0.1:9/x", "other") == (listed.friendly_name, listed.sms_url, changed.friendly_name)
    assert [] == numbers.list()


def test_a_sold_number_is_not_on_sale(customer: Customer) -> None:
    """What is sold is on no list, and buying it again is Twilio's error 21422."""
    bought = customer.buy()
    on_sale = customer.client.available_phone_numbers("US").local.list(limit=1000)

    assert bought.phone_number not in {number.phone_number for number in on_sale}
    assert (400, 21422) == error_of(lambda: customer.buy_one(bought.phone_number))


def test_errors_are_twilios(customer: Customer, rig: ServiceRig) -> None:
    """A bad number, an empty area, a missing resource and a wrong token each give the documented code."""
    numbers = customer.client.incoming_phone_numbers
    stranger = Client(rig.sandbox_account.sid, "wrong", http_client=Redirected(rig.origin))

    assert (400, 21421) == error_of(lambda: numbers.create(phone_number="555"))
    assert (400, 21422) == error_of(lambda: numbers.create(phone_number="+15005550000"))
    assert (400, 21452) == error_of(lambda: numbers.create(area_code="533"))
    assert (404, 20404) == error_of(lambda: numbers("PN" + "0" * 32).fetch())
    assert (400, 21211) == error_of(lambda: customer.client.messages.create(to="+12065550100", from_="1", body="x"))
    assert (401, 20003) == error_of(lambda: stranger.incoming_phone_numbers.create(area_code="212"))


def test_long_lists_come_in_pages(customer: Customer) -> None:
    """The SDK walks through pages by the addresses that the sandbox gives."""
    for _ in range(5):
        customer.buy()

    assert 5 == len(customer.client.incoming_phone_numbers.list(page_size=2))
    assert 3 == sum(method == "get" and "Incoming" in path for method, path, *_ in customer.http.answers)


def test_lookups_tell_the_two_kinds_apart(customer: Customer) -> None:
    """Local numbers look up as VoIP, mobile ones as mobile."""
    search = customer.client.available_phone_numbers("US")
    kinds = [
        customer.client.lookups.v2.phone_numbers(found.phone_number)
        .fetch(fields="line_type_intelligence")
        .line_type_intelligence["type"]
        for found in (search.local.list(limit=1)[0], search.mobile.list(limit=1)[0])
    ]

    assert ["nonFixedVoip", "mobile"] == kinds


def test_answers_are_as_twilio_describes_them(customer: Customer, rig: ServiceRig) -> None:
    """Every answer of a whole session keeps to Twilio's own OpenAPI description."""
    api, lookups = described(API), described(LOOKUPS)
    if api is None or lookups is None:
        pytest.skip("Twilio's description is not at hand (set CERBY_OPENAPI to its folder)")
    test_lookups_tell_the_two_kinds_apart(customer)
    bought = customer.buy(sms_url=f"{rig.origin}/nowhere")
    customer.client.incoming_phone_numbers(bought.sid).fetch()
    customer.client.messages.create(to=bought.phone_number, from_="22000", body="hello")
    customer.client.messages.list(to=bought.phone_number)
    customer.client.incoming_phone_numbers.list()
    deviations = []
    for method, path, status, text in customer.http.answers:
        document = lookups if path.startswith("/v2") else api
        deviations += document.deviations(method, path, status, json.loads(text))

    assert {OWN_EXAMPLE} == set(deviations)
    assert len(customer.http.answers) >= 9


def test_sold_numbers_outlive_a_restart_and_texts_do_not(customer: Customer, rig: ServiceRig) -> None:
    """What costs money is on disk, what is private is not."""
    bought = customer.buy(sms_url=f"{rig.origin}/nowhere")
    customer.client.messages.create(to=bought.phone_number, from_="22000", body="a private text")
    before = len(customer.client.messages.list(to=bought.phone_number))
    rig.stop()
    rig.start()

    assert [bought.sid] == [number.sid for number in customer.client.incoming_phone_numbers.list()]
    assert (1, 0) == (before, len(customer.client.messages.list(to=bought.phone_number)))


def test_two_buyers_at_once_get_one_number(rig: ServiceRig) -> None:
    """Of many who buy the same number at the same moment, one gets it."""

    async def buy_all() -> list[int]:
        form = {"PhoneNumber": "+12065550100"}
        answers = await asyncio.gather(*(rig.sandbox("POST", "/IncomingPhoneNumbers.json", form) for _ in range(8)))
        return sorted(answer.status_code for answer in answers)

    assert [201, *[400] * 7] == asyncio.run(buy_all())


async def test_after_a_purchase_the_app_texts_a_code(tmp_path: Path) -> None:
    """A moment after a number was bought, a code in the app's own style arrives by a signed webhook."""
    with service_rig(tmp_path, timings=Timings(sandbox_text=10)) as rig:
        ada = Member(rig)
        await ada.found()
        card, _ = await ada.numbered("instagram")
        await until(lambda: rig.parts.inbound.counts["stored"] == 1)
        (content,) = opened(card, await stored(card))
        await ada.api.close()

    assert "Instagram" in content.text
    assert short_code("Instagram") == content.sender
    code = extract(content.text)
    assert code is not None and code.text in content.text


@pytest.mark.parametrize("app", ["Instagram", "Slack", "Google", "Bank of Nowhere", "Shop", ""])
def test_texts_hold_a_code_that_can_be_drawn_out(app: str) -> None:
    """Whatever an app's style, the code in its text is found."""
    found = extract(code_text(app, "482913"))

    assert found is not None and found.text.replace("-", "") in ("482913", "G482913")


def test_the_signature_of_twilios_documentation_holds() -> None:
    """The published example verifies, with the port or without it, and with nothing changed."""
    form = [("CallSid", "CA1234567890ABCDE"), ("Digits", "1234"), ("From", "+14158675309"), ("To", "+18005551212")]
    form.append(("Caller", "+14158675309"))
    url, token, signature = "https://mycompany.com/myapp.php?foo=1&bar=2", "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8="

    assert signature == twilio_signature(token, url, form)
    assert signature_holds(token, "https://mycompany.com:443/myapp.php?foo=1&bar=2", form, signature)
    assert not signature_holds(token, url, [*form, ("More", "1")], signature)
    assert not signature_holds("other", url, form, signature)


def test_stock_is_split_by_half_an_area() -> None:
    """Each area code sells fifty VoIP and fifty mobile numbers."""
    stock = Stock(seed=1)

    assert 50 == len(stock.on_list("Local", "212")) == len(stock.on_list("Mobile", "212"))
    assert [] == stock.on_list("TollFree")
