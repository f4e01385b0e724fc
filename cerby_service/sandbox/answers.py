"""Resources and errors in the shape of Twilio's API; what the published description leaves open is taken as `null`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from cerby_service.sandbox.stock import LINE_TYPES, StockNumber
from cerby_service.sandbox.store import Message, Sold

VERSION = "2010-04-01"

ERRORS = {
    20001: (400, "Bad request"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    21211: (400, "Invalid 'To' Phone Number"),
    21421: (400, "PhoneNumber is invalid"),
    21422: (400, "PhoneNumber is not available"),
    21452: (400, "No phone numbers found in area code"),
}


def error(code: int) -> tuple[int, dict[str, Any]]:
    """Status and body of one of Twilio's errors."""
    status, message = ERRORS[code]
    more = f"https://www.twilio.com/docs/errors/{code}"
    return status, {"code": code, "message": message, "more_info": more, "status": status}


def page(path: str, query: Mapping[str, str], name: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """One page of a list, with the address of the next one if there is more."""
    size = max(1, min(int(query.get("PageSize", "50") or 50), 1000))
    number = max(0, int(query.get("Page", "0") or 0))
    shown = items[number * size : (number + 1) * size]
    rest = [
        f"{key}={quote(value, safe='')}" for key, value in query.items() if key not in ("Page", "PageSize", "PageToken")
    ]

    def address(n: int) -> str:
        return path + "?" + "&".join([*rest, f"PageSize={size}", f"Page={n}"])

    return {
        name: shown,
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(len(shown) - 1, 0),
        "uri": address(number),
        "first_page_uri": address(0),
        "previous_page_uri": address(number - 1) if number else None,
        "next_page_uri": address(number + 1) if (number + 1) * size < len(items) else None,
    }


def available(number: StockNumber) -> dict[str, Any]:
    """A number on sale."""
    area = number.area
    return {
        "friendly_name": _national(number.e164),
        "phone_number": number.e164,
        "lata": None,
        "locality": area.locality,
        "rate_center": area.locality.upper(),
        "latitude": area.latitude,
        "longitude": area.longitude,
        "region": area.region,
        "postal_code": area.postal_code,
        "iso_country": "US",
        "address_requirements": "none",
        "beta": False,
        "capabilities": {"voice": False, "sms": True, "mms": False},
    }


def incoming(account: str, sold: Sold) -> dict[str, Any]:
    """A number that was bought."""
    date = _date(sold.created)
    nothing = dict.fromkeys(("address_sid", "identity_sid", "trunk_sid", "bundle_sid", "emergency_address_sid"))
    urls = dict.fromkeys(("sms_fallback_url", "status_callback", "voice_url", "voice_fallback_url"))
    methods = ("sms_method", "sms_fallback_method", "status_callback_method", "voice_method", "voice_fallback_method")
    return (
        nothing
        | urls
        | dict.fromkeys(methods, "POST")
        | {
            "sid": sold.sid,
            "account_sid": account,
            "friendly_name": sold.friendly_name,
            "phone_number": sold.e164,
            "sms_url": sold.sms_url or None,
            "capabilities": {"voice": False, "sms": True, "mms": False, "fax": False},
            "address_requirements": "none",
            "api_version": VERSION,
            "beta": False,
            "date_created": date,
            "date_updated": date,
            "emergency_status": "Inactive",
            "emergency_address_status": "unregistered",
            "origin": "twilio",
            "sms_application_sid": None,
            "voice_application_sid": None,
            "voice_caller_id_lookup": False,
            "voice_receive_mode": "voice",
            "status": "in-use",
            "type": "local",
            "uri": f"/{VERSION}/Accounts/{account}/IncomingPhoneNumbers/{sold.sid}.json",
        }
    )


def message(account: str, one: Message) -> dict[str, Any]:
    """A message to one of our numbers."""
    date = _date(one.sent)
    return {
        "sid": one.sid,
        "account_sid": account,
        "api_version": VERSION,
        "body": one.text,
        "date_created": date,
        "date_sent": date,
        "date_updated": date,
        "direction": "inbound",
        "error_code": one.error or None,
        "error_message": "HTTP retrieval failure" if one.error else None,
        "from": one.sender,
        "to": one.to,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "status": "received",
        "subresource_uris": {"media": f"/{VERSION}/Accounts/{account}/Messages/{one.sid}/Media.json"},
        "uri": f"/{VERSION}/Accounts/{account}/Messages/{one.sid}.json",
    }


def lookup(number: StockNumber) -> dict[str, Any]:
    """A line-type lookup (Lookup v2)."""
    line = {
        "type": LINE_TYPES[number.list_name],
        "carrier_name": "Sandbox",
        "mobile_country_code": "310",
        "mobile_network_code": "000",
        "error_code": None,
    }
    return {
        "calling_country_code": "1",
        "country_code": "US",
        "phone_number": number.e164,
        "national_format": _national(number.e164),
        "valid": True,
        "validation_errors": [],
        "line_type_intelligence": line,
        "url": f"https://lookups.twilio.com/v2/PhoneNumbers/{number.e164}",
    }


def _national(e164: str) -> str:
    return f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}"


def _date(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC))
