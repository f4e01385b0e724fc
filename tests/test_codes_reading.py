"""How a message is made ready: one way of writing, words and what they say, numbers cut by their shape."""

import pytest

from cerby_tui.codes.candidates import MOST, candidates
from cerby_tui.codes.grammar import fold, load
from cerby_tui.codes.reading import LIMIT, plain, read, without_links


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("OTP", "key"),
        ("code", "noun"),
        ("Código", "noun"),
        ("Bestätigungscode", "key"),
        ("Gutscheincode", "bad"),
        ("zipcode", "bad"),
        ("verificatiecode", "key"),
        ("подтверждения", "verify"),
        ("الرمز", "noun"),
        ("הקוד", "noun"),
        ("인증번호는", "key"),
        ("निश्चित", ""),
        ("banana", ""),
    ],
)
def test_kind_of_word(word: str, kind: str) -> None:
    """Words are known whatever their case, accents, ending, compound or article."""
    assert kind == load().kind(word)


def test_fold_forgets_case_and_accents() -> None:
    """A message typed without accents reads the same."""
    assert fold("Verificación") == fold("VERIFICACION")
    assert fold("Đăng") == "dang"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("call +1 388 941 4444", []),
        ("call (388) 941-4444 or 388-941-4444", []),
        ("on 03/08/2026 at 14:35", []),
        ("on 2026-08-03", []),
        ("paid $5000 and 1234.50 EUR and 12,500", []),
        ("card 4111 1111 1111 1111", []),
        ("card *4471 or XX4471", []),
        ("see https://a.example/482913 and b.example/551190", []),
        ("482913", ["482913"]),
        ("482-913 and 551 190", ["482913", "551190"]),
        ("4821 2 times", ["4821"]),
        ("1 2 3 4 5 6", ["123456"]),
        ("G-482913", ["G-482913"]),
        ("code-482913", ["482913"]),
        ("ZX81-42", ["ZX81-42"]),
        ("123 and 123456789", []),
        ("验证码482913，5分钟", ["482913"]),
        ("인증번호482913입니다", ["482913"]),
    ],
)
def test_candidates_by_shape(text: str, found: list[str]) -> None:
    """Telephone numbers, dates, times, amounts, cards and links are no candidates; the rest is."""
    reading = read(without_links(plain(text)), load())

    assert found == [candidate.text for candidate in candidates(reading)]


def test_candidates_are_bounded() -> None:
    """A list of a thousand numbers costs no more than its beginning."""
    reading = read(plain("482913 and " * 1000), load())

    assert len(candidates(reading)) == MOST


def test_long_texts_are_cut() -> None:
    """Only the first part of an endless text is looked at."""
    assert len(plain("x" * 10 * LIMIT)) == LIMIT
    assert len(plain("ﷺ" * 10 * LIMIT)) <= 2 * LIMIT


def test_words_and_gaps_make_the_text_again() -> None:
    """Nothing is lost by splitting."""
    reading = read(plain("Your code: 482-913. Don't share."), load())
    again = "".join(word + gap for word, gap in zip(reading.words, [*reading.gaps, ""], strict=True))

    assert reading.text == again
    assert [reading.text[at : at + len(word)] for word, at in zip(reading.words, reading.starts, strict=True)] == (
        reading.words
    )
