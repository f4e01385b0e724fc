"""The machine-readable endings: origin-bound codes, and the hash of the SMS Retriever."""

import pytest

from cerby_tui.codes.bound import Bound, origin_bound, without_hash
from cerby_tui.codes.extract import extract


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("Your code\n\n@example.com #747723", Bound("747723", "example.com")),
        ("@example.com #747723", Bound("747723", "example.com")),
        ("@example.com #747723\n", Bound("747723", "example.com")),
        ("x\r\n@Login.Example.com #ab-12 @frame.example", Bound("ab-12", "login.example.com")),
        ("@example.com #747723 and more", Bound("747723", "example.com")),
        ("@example.com #747723#", Bound("747723", "example.com")),
        ("@bücher.example #12345", Bound("12345", "bücher.example")),
        ("@example.com  #747723", None),
        ("@example.com\t#747723", None),
        ("@example.com #", None),
        ("@example.com 747723", None),
        (" @example.com #747723", None),
        ("see @example.com #747723", None),
        ("@example.com #747723\nbye", None),
        ("@example.com:8443 #747723", None),
        ("@example.com/login #747723", None),
        ("@user@example.com #747723", None),
        ("@https://example.com #747723", None),
        ("@alice #747723", None),
        ("@203.0.113.9 #747723", None),
        ("@-bad.example #747723", None),
        ("@two..dots.example #747723", None),
        ("", None),
    ],
)
def test_origin_bound(text: str, bound: Bound | None) -> None:
    """Only the last line, only the exact form, only a real host name counts."""
    assert bound == origin_bound(text)


def test_bound_code_beats_everything_else() -> None:
    """The code that names its site is taken, for sure, though another looks like one."""
    code = extract("Your verification code is 999111.\n@pay.example #114433")

    assert code is not None
    assert ("114433", 1.0, "pay.example") == (code.text, code.confidence, code.domain)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<#> Your code is 4829\nFA+9qCX9VSu", "<#> Your code is 4829\n"),
        ("[#] Your code is 4829 abcdefghijk", "[#] Your code is 4829 "),
        ("Your code is 4829 qlRnn4A1sbt", "Your code is 4829 "),
        ("Your code is 4829, information", "Your code is 4829, information"),
        ("Call me at 14155550101", "Call me at 14155550101"),
        ("short", "short"),
    ],
)
def test_app_hash_is_taken_out(text: str, rest: str) -> None:
    """The eleven characters that end a message for Android's SMS Retriever are no part of it."""
    assert rest == without_hash(text)


def test_app_hash_is_never_the_code() -> None:
    """A message with nothing but a hash holds no code."""
    assert extract("<#> Open the app to go on\nFA+9qCX9VSu") is None
