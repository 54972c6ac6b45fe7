"""Form: traits in which the members of an honest set never differ.

Decoys are written by a program, the real prompt by a person, and it shows: in casing, spacing, punctuation,
Unicode form, words that only one member has, a word without a parallel. Such a trait is a *mark*: who has it
alone is probably real. A wrong ``a``/``an``, ``they is``, or two words of one person that contradict each
other (``a woman with his dog``) is an *error*: who has it is probably a decoy.

Every trait is a function of one text and of what the texts share; nothing here knows the real member.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from obclip_privacy.attributes.base import Attribute
from obclip_privacy.audit.observation import Observation, common_words, tokens_of
from obclip_privacy.language.articles import begins_with_vowel_sound
from obclip_privacy.language.fold import fold

#: Whether a person's words in the text contradict each other; gives the attributes in which they do.
Contradictions = Callable[[str], frozenset[str]]

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ARTICLE = re.compile(r"\b(an?)\s+(?=\S)", re.IGNORECASE)
_VERB_ERROR = re.compile(
    r"\b(?:they (?:is|was|has|does)|(?:he|she) (?:are|were|have|do)|(?:themself|theirself) (?:is|was))\b",
    re.IGNORECASE,
)
_PUNCTUATION = re.compile(r"[.,;:!?()\[\]{}\"“”|/]")
_SPACING = re.compile(r"^\s+|\s+$|\s{2,}|[^\S ]|\s+(?=[,.;:!?])")
#: Function words that change along with a value and need no parallel.
_FOLLOWERS = frozenset(
    """a an is are was were has have does do they them their theirs themself themselves he him his himself
    she her hers herself person people american""".split()  # noqa: SIM905 - a list of words reads as a text
)
#: Lexeme classes that a simple generator writes its decoys in.
_PLAIN = frozenset({"woman", "man", "women", "men", "young", "middle-aged", "old"})


@dataclass(frozen=True, slots=True)
class Words:
    """What the installed lexicons know of surface forms.

    Attributes:
        cased: by word in lower case, the spellings that a lexicon writes it in.
        classes: by word in lower case, the lexeme classes that it is a form of; empty for a mere alias.
    """

    cased: Mapping[str, frozenset[str]]
    classes: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, attributes: Iterable[Attribute]) -> Words:
        """The words of *attributes*."""
        cased: dict[str, set[str]] = {}
        classes: dict[str, set[str]] = {}
        for attribute in attributes:
            for lexeme in attribute.lexicon.classes:
                forms = [form for row in lexeme.forms.values() for form in row]
                for form in [*forms, *lexeme.neutral]:
                    for word in form.split():
                        cased.setdefault(word.lower(), set()).add(word)
                        classes.setdefault(word.lower(), set())
                for form in forms:
                    for word in form.lower().split():
                        classes.setdefault(word, set()).add(lexeme.id)
            for entry in attribute.lexicon.words:
                for surface in entry.surfaces:
                    for word in surface.split():
                        classes.setdefault(word.lower(), set())
        return cls(
            {word: frozenset(found) for word, found in cased.items()},
            {word: frozenset(found) for word, found in classes.items()},
        )


@dataclass(frozen=True, slots=True)
class Trait:
    """One trait of all members.

    Attributes:
        name: for findings.
        codes: one a member, equal where the members do not differ.
        regular: the code of a text that has nothing remarkable.
        error: whether the irregular code is an error (a decoy's), not a mark (a person's).
    """

    name: str
    codes: tuple[Hashable, ...]
    regular: Hashable
    error: bool

    @property
    def differs(self) -> bool:
        """Whether any two members differ."""
        return len(set(self.codes)) > 1


def traits_of(
    texts: Sequence[str], words: Words, contradictions: Contradictions | None = None
) -> tuple[Trait, ...]:
    """All traits of *texts*, in a fixed order."""
    shared = common_words(texts)
    varying = [_minus(tokens_of(text), shared) for text in texts]
    traits = [
        Trait("casing", _majority([_casing(text, words, shared) for text in texts]), "l", error=False),
        Trait("spacing", tuple(tuple(_SPACING.findall(text)) for text in texts), (), error=False),
        Trait("punctuation", tuple("".join(_PUNCTUATION.findall(text)) for text in texts), None, error=False),
        Trait("unicode form", tuple(_unicode(text) for text in texts), (), error=False),
        Trait("length", tuple(map(_rest, texts, varying)), None, error=False),
        Trait("extra words", tuple(_unknown(found, words) for found in varying), (), error=False),
        Trait("no parallel word", _parallel(varying, words), (), error=False),
        Trait("article", tuple(_wrong_articles(text) for text in texts), 0, error=True),
        Trait("verb", tuple(len(_VERB_ERROR.findall(text)) for text in texts), 0, error=True),
    ]
    if contradictions is not None:
        found = tuple(tuple(sorted(contradictions(text))) for text in texts)
        traits.append(Trait("contradiction", found, (), error=True))
    return tuple(traits)


class Form:
    """The traits of observations; those of the last one are kept, since several look at them.

    Args:
        words: what the installed lexicons know.
        contradictions: asked of sets whose maker has not checked that their members are consistent.
    """

    def __init__(self, words: Words, contradictions: Contradictions) -> None:
        self._words = words
        self._contradictions = contradictions
        self._last: tuple[Observation, tuple[Trait, ...]] | None = None

    def of(self, seen: Observation) -> tuple[Trait, ...]:
        """All traits of the candidates; none of a single one."""
        if self._last is None or self._last[0] is not seen:
            check = None if seen.consistent else self._contradictions
            found = traits_of(seen.candidates, self._words, check) if len(seen.candidates) > 1 else ()
            self._last = (seen, found)
        return self._last[1]


def scores_of(traits: Sequence[Trait], n: int) -> tuple[int, ...]:
    """How much each member looks like the real one: 0 for a decoy's error, more for a person's mark."""
    scores = [1] * n
    for trait in traits:
        if not trait.differs:
            continue
        if trait.error:
            for index, code in enumerate(trait.codes):
                if code != trait.regular and trait.regular in trait.codes:
                    scores[index] = 0
        else:
            odd = odd_one(trait)
            if odd is not None:
                scores[odd] *= 10
    return tuple(scores)


def odd_one(trait: Trait) -> int | None:
    """The member that differs from all others while these agree; of two, the one that is irregular."""
    counts = Counter(trait.codes)
    if len(counts) != 2:
        return None
    rare = [code for code, count in counts.items() if count == 1]
    if len(rare) == 2:
        rare = [code for code in rare if code != trait.regular]
    return trait.codes.index(rare[0]) if len(rare) == 1 else None


def _minus(tokens: Sequence[str], shared: Sequence[str]) -> tuple[str, ...]:
    left = Counter(shared)
    rest = []
    for token in tokens:
        if left[token]:
            left[token] -= 1
        else:
            rest.append(token)
    return tuple(rest)


def _casing(text: str, words: Words, shared: Sequence[str]) -> str | None:
    """Classes of letter case of the words that vary; ``None`` if they are free to have any."""
    left = Counter(shared)
    found = set()
    for match in _WORD.finditer(text):
        word, lower = match[0], fold(match[0]).lower()
        if left[lower]:
            left[lower] -= 1
            continue
        spellings = words.cased.get(lower, frozenset())
        if word in spellings and not word.islower():
            continue
        if word.islower():
            if spellings and lower not in spellings:
                found.add("p")  # a proper adjective in lower case
            elif match.start():
                found.add("l")
        elif all(part[:1].isupper() and not part[1:].isupper() for part in re.split(r"[-'’]", word) if part):
            if match.start():
                found.add("t")
        else:
            found.add("u" if word.isupper() else "m")
    return "".join(sorted(found)) or None


def _majority(codes: Sequence[str | None]) -> tuple[str, ...]:
    """*codes* with the most common one in place of ``None``."""
    counts = Counter(code for code in codes if code is not None)
    common = max(sorted(counts), key=counts.__getitem__) if counts else "l"
    return tuple(common if code is None else code for code in codes)


def _base(word: str) -> str:
    """*word* without a possessive ending."""
    return word.removesuffix("'s") if word.endswith("'s") else word.removesuffix("'")


def _stem(word: str) -> str:
    """*word* without the ending of a verb in the third person: it follows ``they`` without one."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    return re.sub(r"(?<=ch|sh|ss)es$|(?<=[xzo])es$|(?<!s)s$", "", word)


def _unicode(text: str) -> tuple[str, ...]:
    found = [form for form in ("NFC", "NFD", "NFKC") if not unicodedata.is_normalized(form, text)]
    odd = {unicodedata.category(char) for char in text if not char.isascii()} & {"Cf", "Zs", "Mn", "Co", "Cn"}
    return (*(found if "NFC" in found or odd else ()), *sorted(odd))


def _rest(text: str, varying: Sequence[str]) -> int:
    """Characters beyond spaces, punctuation and the words that vary: as many in all honest candidates."""
    plain = "".join(_PUNCTUATION.sub("", fold(text)).split())
    return _length(plain) - sum(_length(word) for word in varying)


def _length(text: str) -> int:
    """Characters of *text* in any Unicode form: accents do not count."""
    if text.isascii():
        return len(text)
    return sum(not unicodedata.combining(char) for char in unicodedata.normalize("NFD", text))


def _unknown(varying: Sequence[str], words: Words) -> tuple[str, ...]:
    """Words that vary and that no lexicon has: they belong to no value."""
    return tuple(
        _stem(word)
        for word in map(_base, varying)
        if word not in words.classes and word not in _FOLLOWERS and not any(char.isdigit() for char in word)
    )


def _parallel(varying: Sequence[Sequence[str]], words: Words) -> tuple[tuple[str, ...], ...]:
    """Of each member, the classes that no other member has a form of; aliases stand for themselves."""
    classes = [
        {
            word: words.classes[word]
            for word in map(_base, found)
            if word in words.classes and word not in _FOLLOWERS
        }
        for found in varying
    ]
    holders: Counter[str] = Counter()
    for found in classes:
        holders.update(set().union(*found.values()) if found else ())
    codes = []
    for found in classes:
        alone = []
        for word, ids in found.items():
            shares = any(holders[identifier] > 1 for identifier in ids)
            if not shares and word not in _PLAIN and (ids or word not in words.cased):
                alone.append(word)
        codes.append(tuple(sorted(alone)))
    # Where every member has words of its own, the sets are of something that the lexicons do not know.
    return tuple(codes) if any(not code for code in codes) else ((),) * len(codes)


def _wrong_articles(text: str) -> int:
    wrong = 0
    for match in _ARTICLE.finditer(text):
        after = text[match.end() : match.end() + 48]
        wrong += (match[1].lower() == "an") != begins_with_vowel_sound(after)
    return wrong
