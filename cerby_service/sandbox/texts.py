"""What third-party apps text, in their several styles. Every app keeps to its own style and its own short code."""

from __future__ import annotations

import hashlib
import secrets

STYLES = (
    "{code} is your {app} verification code.",
    "Your {app} verification code is: {code}. Don't share this code with anyone; our employees will never ask for it.",
    "{app}: use {code} to verify your number. It expires in 10 minutes.",
    "<#> {dashed} is your {app} security code. Do not share it.",
    "Your {app} login code: {code}",
    "[{app}] Your one-time passcode is {code}. If this wasn't you, change your password.",
    "{app} code {code}. Valid for 5 minutes. Reply STOP to opt out.",
    "Enter {code} to finish adding this phone number to your {app} account.",
)
KNOWN_STYLES = {
    "google": "G-{code} is your Google verification code.",
    "whatsapp": "Your WhatsApp code: {dashed}. Don't share this code with others.",
    "slack": "Your Slack verification code is: {code}",
}
NAMELESS = "Your verification code is {code}. It expires in 10 minutes."


def fresh_code() -> str:
    """Six digits that an app might have drawn."""
    return f"{secrets.randbelow(900_000) + 100_000}"


def code_text(app: str, code: str) -> str:
    """The text in which an app sends a code; the same style for the same app."""
    style = NAMELESS
    if app:
        style = KNOWN_STYLES.get(app.lower(), STYLES[_pick(app, len(STYLES))])
    return style.format(app=app, code=code, dashed=f"{code[:3]}-{code[3:]}")


def short_code(app: str) -> str:
    """The sender that an app's texts carry: a short code of five digits, the same for the same app."""
    return str(20_000 + _pick(f"sender {app}", 70_000))


def _pick(text: str, count: int) -> int:
    return int.from_bytes(hashlib.sha256(text.lower().encode()).digest()[:8], "big") % count
