"""How numbers, times and counts are said on screen. Times are UTC milliseconds; a zone only decides how they look."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
WORKSPACE_ROLES = {
    "owner": "Owner", "super_admin": "Super Admin", "admin": "Admin", "user": "User", "login_only": "Login-Only",
    "guest": "Guest User",
}  # fmt: skip
FIELDS = {
    "label": "Account label in Cerby", "app": "App", "app_name": "App", "login_url": "Login URL",
    "username": "Username", "password": "Current password", "email": "Email Linked to Account",
    "phone": "Phone Number Linked to Account", "notes": "Notes", "collections": "Collections",
    "totp": "Authenticator secret", "backup_codes": "Backup codes", "copied_at": "Phone number copied",
    "added_at": "Phone number added in the app", "fields": "Custom fields",
}  # fmt: skip
"""The names of an account's fields: the labels of the product people come from."""
CODE_FRESH = 10 * MINUTE
"""After this long a code is listed but no longer put forward: hardly any app accepts it still."""


def phone_number(e164: str) -> str:
    """`+1 (555) 010-1234` for a North American number, else the number as it came."""
    digits = e164.removeprefix("+1")
    if e164.startswith("+1") and len(digits) == 10 and digits.isdigit():
        return f"+1 ({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    return e164


def number_kind(kind: str) -> str:
    """The kind of a managed number in words."""
    return {"voip": "VoIP", "non_voip": "non-VoIP"}.get(kind, kind)


def code_groups(code: str) -> str:
    """A code in groups that are easy to read out: `481 920`, `1234`, `AB12-CD34` stays."""
    if code.isdigit() and len(code) in (6, 8):
        half = len(code) // 2
        return f"{code[:half]} {code[half:]}"
    return code


def age(then: int, now: int) -> str:
    """How long ago, in the shortest words that are still exact enough to act on."""
    passed = max(now - then, 0)
    if passed < 2 * SECOND:
        return "just now"
    for unit, short in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
        if passed >= unit:
            return f"{passed // unit} {short} ago"
    return "just now"


def remaining(until: int, now: int) -> str:
    """Minutes and seconds left: `9:58`, never below zero."""
    left = max(until - now, 0) // SECOND
    return f"{left // 60}:{left % 60:02}"


def day_and_time(at: int, now: int, zone: tzinfo | None = None) -> str:
    """`14:02:11` today, `Tue 14:02` within a week, `12 Mar 14:02` within a year, else the date."""
    moment, today = _local(at, zone), _local(now, zone)
    days = (today.date() - moment.date()).days
    if days == 0:
        return moment.strftime("%H:%M:%S")
    if 0 < days < 7:
        return moment.strftime("%a %H:%M")
    if moment.year == today.year:
        return moment.strftime("%d %b %H:%M")
    return moment.strftime("%d %b %Y")


def whole_time(at: int, zone: tzinfo | None = None) -> str:
    """Date, time and offset, for the places where nothing may be left to guessing."""
    return _local(at, zone).strftime("%A, %d %B %Y, %H:%M:%S (UTC%z)").replace("(UTC+0000)", "(UTC)")


def date(at: int, zone: tzinfo | None = None) -> str:
    """`12 Mar 2026`; a dash for a time that is not known (0)."""
    return _local(at, zone).strftime("%d %b %Y") if at else "–"


def ago(then: int, now: int) -> str:
    """Like `age`, and a dash for a time that is not known (0)."""
    return age(then, now) if then else "–"


def span_left(until: int, now: int) -> str:
    """How long until a time days or hours away, rounded: `7 days`, `3 hours`, `1 minute`."""
    left = max(until - now, MINUTE)
    for unit, thing in ((DAY, "day"), (HOUR, "hour")):
        if left >= unit:
            return count_of((left + unit // 2) // unit, thing)
    return count_of((left + MINUTE // 2) // MINUTE, "minute")


def span(seconds: int) -> str:
    """A length of time in its largest whole unit: `14 days`, `10 minutes`, `90 seconds`."""
    for unit, thing in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds and seconds * SECOND % unit == 0:
            return count_of(seconds * SECOND // unit, thing)
    return count_of(seconds, "second")


def workspace_role(role: str) -> str:
    """The name of a workspace role as it is shown."""
    return WORKSPACE_ROLES.get(role, role)


def account_role(role: str) -> str:
    """The name of an account role as it is shown."""
    return {"owner": "Owner", "collaborator": "Collaborator"}.get(role, role)


def field(name: str) -> str:
    """The name of a field as it stands on the account; a custom field (`fields.NAME`) is called what it is called."""
    return FIELDS.get(name) or name.removeprefix("fields.")


def moment(at: int) -> str:
    """ISO 8601 in UTC, for files and programs; empty for a time that is not known (0)."""
    return _local(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else ""


def clock_time(at: int, zone: tzinfo | None = None) -> str:
    """Hours and minutes."""
    return _local(at, zone).strftime("%H:%M")


def count_of(count: int, thing: str, things: str = "") -> str:
    """`1 account`, `24 accounts`, `1,000 accounts`."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def initials(name: str) -> str:
    """Two letters that stand for an app where a picture would stand elsewhere."""
    words = [word for word in name.replace("-", " ").replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "··"
    letters = words[0][0] + (words[1][0] if len(words) > 1 else words[0][1:2])
    return letters.upper()


def _local(at: int, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(at / SECOND, tz=UTC).astimezone(zone)
