"""How Twilio signs a webhook: HMAC-SHA1 over the URL and the form, as published in its security documentation."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


def twilio_signature(token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """The value of X-Twilio-Signature: names sorted, values of one name sorted and each counted once."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    # SHA-1 is the carrier's choice; in an HMAC its collisions are of no use to anybody.
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def signature_holds(token: str, url: str, form: Iterable[tuple[str, str]], signature: str) -> bool:
    """Whether the signature fits, for the URL with or without its default port (Twilio writes either)."""
    pairs = list(form)
    given = signature.encode()
    return any(hmac.compare_digest(twilio_signature(token, one, pairs).encode(), given) for one in _spellings(url))


def _spellings(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    default = DEFAULT_PORTS.get(parts.scheme)
    if parts.port is None and default:
        return url, parts._replace(netloc=f"{parts.netloc}:{default}").geturl()
    if parts.port == default:
        return url, parts._replace(netloc=parts.netloc.rpartition(":")[0]).geturl()
    return (url,)
