"""The cut and the terms are those that spaCy's own tokenizer and phrase matcher would give."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obclip_privacy.attributes import age, age_patterns
from obclip_privacy.language.fold import fold
from obclip_privacy.language.lexer import Lexer
from obclip_privacy.language.light_spacy import LOWER, PhraseMatcher, Vocab

TERMS = [
    "woman",
    "old woman",
    "middle-aged",
    "african american",
    "american",
    "a",
    "of indian descent",
    "1girl",
]
TERMS += ["café", "african", "old old", "y . o"]
_PUNCTUATION = r"[^\w\s]|_"
_BOUNDARY = r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)"
words = st.sampled_from(
    [*TERMS, "Old", "MIDDLE", "-", "aged", " ", "  ", "\n", "x", "y.o", "²", "ß", "İ", "é", "👩🏿‍🚒"]
)
texts = st.lists(words | st.text(max_size=5), max_size=12).map("".join) | st.lists(words).map(" ".join)


def spacy_lexer(terms: list[str]):
    """spaCy's tokenizer with our boundaries, and its matcher fed with documents."""
    from spacy.tokenizer import Tokenizer

    tokenizer = Tokenizer(
        Vocab(lex_attr_getters={LOWER: str.lower}),
        rules={},
        prefix_search=re.compile(f"^(?:{_PUNCTUATION})").search,
        suffix_search=re.compile(f"(?:{_PUNCTUATION})$").search,
        infix_finditer=re.compile(f"{_PUNCTUATION}|{_BOUNDARY}").finditer,
    )
    matcher = PhraseMatcher(tokenizer.vocab, attr="LOWER")
    matcher.add("T", [tokenizer(term) for term in terms])

    def lex(text: str):
        doc = tokenizer(text)
        return (
            tuple(token.idx for token in doc),
            tuple(token.idx + len(token) for token in doc),
            tuple(token.lower_ for token in doc),
            tuple(sorted({(start, end) for _, start, end in matcher(doc)})),
        )

    return lex


FOLDED = [fold(term) for term in TERMS]
OURS, SPACY = Lexer(FOLDED), spacy_lexer(FOLDED)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_the_cut_and_the_terms_are_spacys(text: str) -> None:
    folded = fold(text)
    assert tuple(OURS(folded)) == SPACY(folded)


def test_a_prompt_leaves_nothing_in_the_matchers_vocabulary() -> None:
    lexer = Lexer(["old woman"])
    lexer("an old woman")
    size = len(lexer._phrases._vocab)
    assert lexer("an old woman named Zaphodina in Quxville, old quux").terms == ((1, 3),)
    assert len(lexer._phrases._vocab) == size
    assert "zaphodina" not in lexer._phrases._vocab.strings


def test_the_matcher_is_built_only_where_a_longer_term_can_be() -> None:
    lexer = Lexer(["woman", "old woman"])
    assert lexer("a woman, old").terms == ((1, 2),)
    assert "_phrases" not in vars(lexer)
    assert lexer("an old woman").terms == ((1, 3), (2, 3))
    assert "_phrases" in vars(lexer)


def test_a_hyphened_term_and_the_beginning_of_a_longer_one_need_no_matcher() -> None:
    """``middle-aged`` is in every set of ages: the matcher, and spaCy with it, is not imported for it."""
    lexer = Lexer(["middle-aged", "middle-aged man of the sea", "man"])
    assert lexer("a middle-aged man of war").terms == ((1, 4), (4, 5))
    assert lexer("middle-aged").terms == ((0, 3),)
    assert lexer("middle-").terms == lexer("middle aged").terms == lexer("middle").terms == ()
    assert "_phrases" not in vars(lexer)
    assert lexer("a middle-aged man of the sea").terms == ((1, 4), (1, 8), (4, 5))
    assert "_phrases" in vars(lexer)


def test_spacy_is_whole_after_it_was_imported_lightly() -> None:
    """What is left out while it is imported can be imported as ever."""
    import spacy
    from spacy.cli import download

    assert callable(download)
    assert spacy.info(silent=True)["spacy_version"] == spacy.__version__
    assert "obclip_privacy" not in str(sys.modules["spacy.cli"].__loader__)


@pytest.mark.parametrize(
    ("kind", "pattern"),
    age_patterns.PATTERNS,
    ids=[f"{kind}-{at}" for at, (kind, _) in enumerate(age_patterns.PATTERNS)],
)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), before=st.sampled_from(["", "a man, ", "("]))
def test_the_hints_of_ages_never_miss_one(kind: str, pattern: re.Pattern[str], data, before: str) -> None:
    """Texts made up from each pattern are looked at closely, whatever else is changed in the patterns."""
    text = before + data.draw(st.from_regex(pattern)).replace("\x00", " ")
    if any(True for _ in pattern.finditer(text)) and age_patterns.TRIGGER.search(text):
        assert age._has_number(text), (kind, text)
        assert age._is_triggered(text), (kind, text)
