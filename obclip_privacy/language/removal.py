"""Taking words out of a sentence so that what stays reads well.

Used for what a policy withholds and for adjectives that are left out. A :class:`Removal` covers whole
units; the white space before it goes with it (after it, where it is the first unit). Like everything here
it is decided on masked units, so it is the same for all candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from obclip_privacy.attributes.base import CuePos, Pos
from obclip_privacy.language import grammar
from obclip_privacy.language.articles import article_for
from obclip_privacy.language.phrases import choose_cue, cues_alike, is_person_word
from obclip_privacy.language.shared_nouns import is_one_of_several
from obclip_privacy.language.units import CueSense, Kind, Unit
from obclip_privacy.language.words import closes, closes_phrase, hyphened, is_modifier, opens, word_at

__all__ = ["Removal", "choose_cue", "cues_alike", "names_person", "removal_of", "remove_cue"]

#: What stands where an adjective after a form of *be* cannot be left out.
PREDICATE = "there"
#: What stands where a noun cannot be left out and has no plain word of its own, by kind of cue.
PLAIN_NOUNS = {
    "make-up": "face paint",
    "hair": "hair",
    "body": "body",
    "dress": "garment",
    "disability": "aid",
}
PLAIN_NOUN = "look"
#: After the names of rulers.
_ORDINALS = frozenset({"ii", "iii", "iv", "vi", "vii", "viii", "ix", "xii", "xiii", "xiv", "xv", "xvi"})
#: Titles that are no nouns: what stands in their place without a name.
_TITLE_NOUNS = {"dr": "doctor", "prof": "professor", "saint": "person", "miss": "person", "madame": "person"}
_CARRIERS = frozenset(
    {"with", "wearing", "in", "sporting", "having", "wears", "plus", "featuring", "without"}
)
_APPLYING = frozenset({"applying", "applies", "apply"})
_PLACES = frozenset({"in", "on", "around", "over", "across", "at", "under"})
_BODY_PARTS = frozenset(
    """
    hand hands head face neck arm arms forehead shoulder shoulders wrist wrists foot feet body skin back
    chest lap ear ears eye eyes eyelids lips cheek cheeks chin finger fingers nails waist hip hips leg legs
    nose mouth
    """.split()  # noqa: SIM905 - a list of words reads better so
)
#: Cues that are verbs too.
_FEEDING = frozenset({"breastfeeding", "breast-feeding", "breast - feeding"})


@dataclass(frozen=True, slots=True)
class Removal:
    """Units *first* to *last* (exclusive) are replaced by *text*, or left out if it is empty.

    *text* takes on the letter case of what it replaces, unless it is to be written as it is.
    """

    first: int
    last: int
    text: str = ""
    as_is: bool = False


def remove_adjective(units: Sequence[Unit], index: int) -> Removal:
    """Take out an adjective that stands alone: in tags, after *be*, or before a noun that is no person."""
    if opens(units, index) and closes(units, index + 1):
        return _segment(units, index, index + 1)
    if word_at(units, index + 1) in grammar.ORIGIN_NOUNS | grammar.ORIGIN_NOUNS_AFTER_OF:
        first = index - 1 if word_at(units, index - 1) == "of" else index
        return Removal(first, index + 2 if first < index else index + 1)
    if is_one_of_several(units, index):
        return _one_of_several(units, index)
    at = index - 1
    while word_at(units, at) in grammar.INTENSIFIERS:
        at -= 1
    if word_at(units, at) in grammar.BE | grammar.FEEL:
        return _predicate(units, at, index)
    if word_at(units, at) in grammar.LIST_JOINERS | {","} and closes_phrase(units, index + 1):
        return Removal(at, index + 1)
    if word_at(units, index + 1) in grammar.LIST_JOINERS | {","} and is_modifier(units, index + 2):
        return Removal(index, index + 2)
    return Removal(at + 1, index + 1)


def _one_of_several(units: Sequence[Unit], index: int) -> Removal:
    """``two men, one black and one white``: each goes with what joins it to the one before."""
    first = index - 1
    if word_at(units, first - 1) == "the":
        first -= 1
    while word_at(units, first - 1) in grammar.LIST_JOINERS | {","}:
        first -= 1
    return Removal(first, index + 1)


def _predicate(units: Sequence[Unit], verb: int, index: int) -> Removal:
    """``who is bald`` goes whole, ``is bald and ...`` loses the adjective, else a plain word stands in."""
    if word_at(units, index + 1) in grammar.LIST_JOINERS:
        return Removal(verb + 1, index + 2)
    if word_at(units, verb - 1) in grammar.RELATIVES:
        first = verb - 2 if word_at(units, verb - 2) == "," else verb - 1
        return Removal(first, index + 1)
    return Removal(verb + 1, index + 1, PREDICATE)


def _segment(units: Sequence[Unit], first: int, last: int) -> Removal:
    """A whole segment with one of the separators around it, and with brackets that hold nothing else."""
    while word_at(units, first - 1) in ("(", "["):
        closing = last
        while word_at(units, closing) in (":", ".") or word_at(units, closing).isdigit():
            closing += 1
        if word_at(units, closing) not in (")", "]"):
            break
        first, last = first - 1, closing + 1
    if word_at(units, first - 1) in (",", ";", "|"):
        return Removal(first - 1, last)
    if word_at(units, last) in (",", ";", "|"):
        return Removal(first, last + 1)
    return Removal(first, last)


def remove_phrase(units: Sequence[Unit], index: int) -> Removal:
    """Take out a phrase after the noun with the words that carry it: ``, aged 70``, ``in her thirties``."""
    first, last = index, index + 1
    after = word_at(units, last)
    if after in ("skin", "complexion", "skintone"):
        last += 2 if word_at(units, last + 1) in ("tone", "color", "colour") else 1
        while first > 0 and (is_modifier(units, first - 1) or word_at(units, first - 1) in ("a", "an")):
            first -= 1
        carried = _from_list(units, first, last)
        if carried is not None and word_at(units, first - 1) in _CARRIERS | grammar.LIST_JOINERS:
            return carried
        if opens(units, first) and closes(units, last):
            return _segment(units, first, last)
        return Removal(index, index + 1)
    while first > 0 and (
        word_at(units, first - 1) in ("early", "mid", "late", "-", "their")
        or units[first - 1].pronoun is not None
    ):
        first -= 1
    if word_at(units, first - 1) == "in" and first < index:
        first -= 1
    if word_at(units, first - 1) in grammar.BE:
        return _predicate(units, first - 1, last - 1)
    if word_at(units, first - 1) in ("both", "all", "each") and word_at(units, first - 2) == ",":
        first -= 1
    if word_at(units, first - 1) == ",":
        return Removal(first - 1, last)
    if word_at(units, first - 1) == "(" and word_at(units, last) == ")":
        return Removal(first - 1, last + 1)
    return Removal(first, last)


def remove_cue(units: Sequence[Unit], index: int, cue: CueSense, *, generalise: bool = False) -> Removal:
    """Take out a cue, or put its plain word (where cues are generalised: its general word) in its place.

    A noun that has a plain word always gets it (``a long red dress`` becomes ``a long red outfit``): the
    words around it stay true, and nothing else has to go.
    """
    if cue.term.pos is not CuePos.NOUN:
        joined = hyphened(units, index)
        if joined:  # ``short red-hair``, ``a blonde-ish woman``
            return Removal(index, index + 3, "" if joined.endswith(("ish", "ed", "ing")) else joined)
        if cue.term.pos is CuePos.MODIFIER:
            return _modifier(units, index)
        if units[index].word in _FEEDING and index + 1 < len(units) and _takes_object(units[index + 1]):
            return Removal(index, index + 1, "feeding")
        return remove_adjective(units, index)
    if cue.term.kind == "name":
        return _name(units, index)
    plain = cue.general if generalise else cue.generic
    if plain in ("person", "people") and _names_next(units, index + 1):
        return remove_adjective(units, index)  # "a brunette woman"
    if plain.endswith(("person", "people")) and index and opens(units, index) and closes(units, index + 1):
        return _segment(units, index, index + 1)
    if plain:
        return _plain(units, index, cue, plain)
    start = _noun_phrase_start(units, index)
    if opens(units, start) and closes(units, index + 1):
        return _segment(units, start, index + 1)
    if start and units[start - 1].pronoun is not None and word_at(units, start - 2) in _CARRIERS:
        start -= 1
    if word_at(units, start - 1) in _APPLYING:
        return Removal(start - 1, index + 1)
    if word_at(units, start - 1) == "on" and word_at(units, start - 2) in ("putting", "puts", "put"):
        return Removal(start - 2, index + 1)
    return _from_list(units, start, index + 1) or Removal(
        index, index + 1, cue.general or PLAIN_NOUNS.get(cue.term.kind, PLAIN_NOUN)
    )


def _takes_object(after: Unit) -> bool:
    """Whether what is fed follows: a verb that has an object cannot simply be left out."""
    return after.word in grammar.DETERMINERS or after.pronoun is not None


def _names_next(units: Sequence[Unit], index: int) -> bool:
    """Whether a noun for a person stands at *index*."""
    if index >= len(units):
        return False
    unit = units[index]
    return unit.gap and (unit.person or (unit.noun is not None and not unit.noun.plural))


def _from_list(units: Sequence[Unit], first: int, last: int) -> Removal | None:
    """Take the items *first* to *last* out of what carries them; ``None`` if nothing does.

    ``with a beard and glasses`` keeps ``with glasses``; of ``with a rosary in her hands`` nothing is left.
    """
    before, after = word_at(units, first - 1), word_at(units, last)
    if before in _CARRIERS:
        if after in grammar.LIST_JOINERS and not word_at(units, last + 1).endswith("ing"):
            return Removal(first, last + 1)
        if after == "," and _item_follows(units, last + 1):
            return Removal(first, last + 1)
        return Removal(first - 1, _end_of_place(units, last))
    if before in grammar.LIST_JOINERS | {","}:
        twice = before != "," and word_at(units, first - 2) == ","
        return Removal(first - 1 - twice, _end_of_place(units, last))
    return None


def join_cues(units: Sequence[Unit], first: int, last: int) -> Removal:
    """Neighbouring cues that are left out together: with their carrier, or with what joins them to the rest.

    The range may begin or end with a comma or a conjunction, as each of them alone would leave it.
    """
    joiners = grammar.LIST_JOINERS | {","}
    inner = (first, last)
    while first < last and word_at(units, first) in joiners:
        first += 1
    while last > first and word_at(units, last - 1) in joiners:
        last -= 1
    if word_at(units, last) in joiners and word_at(units, last + 1) in joiners:
        last += 1
    found = _from_list(units, first, last) if first < last else None
    if found is None:
        return Removal(*inner)
    return Removal(min(found.first, inner[0]), max(found.last, inner[1]))


def _end_of_place(units: Sequence[Unit], last: int) -> int:
    """End of ``in her hands`` after what she had in them; *last* if nothing like it follows."""
    at = last + 1
    if word_at(units, last) not in _PLACES or at + 1 >= len(units):
        return last
    owned = units[at].pronoun is not None or units[at].word in grammar.DETERMINERS
    if owned and word_at(units, at + 1) in _BODY_PARTS and closes_phrase(units, at + 2):
        return at + 2
    return last


def _plain(units: Sequence[Unit], index: int, cue: CueSense, plain: str) -> Removal:
    """The plain word in the place of a cue; what a function found is mostly a name, with its own capital."""
    if cue.term.surfaces != ("",):
        return Removal(index, index + 1, plain)
    before = units[index - 1] if index else None
    starts = before is None or before.word in grammar.SENTENCE_ENDS or before.kind is Kind.BREAK
    text = plain[:1].upper() + plain[1:] if starts else plain
    return Removal(index, index + 1, text, as_is=True)


def _name(units: Sequence[Unit], index: int) -> Removal:
    """A name goes with what introduces it, or gives way to a word for somebody.

    ``Dr. Lopez`` becomes ``a doctor``. A title that states a gender (``Mr.``) is a mention: the template's
    builder writes a noun in its place.
    """
    before = units[index - 1] if index else None
    noun = _noun_before(units, index)
    if _apposed(units, index) and (noun is None or _names_one(units, noun)):
        return Removal(index if noun is None else noun, index + 2)
    if before is not None and before.word in ("named", "called"):
        return Removal(index - 1, index + 1)
    if noun is not None:
        word = units[noun].word
        if not word or (word not in _TITLE_NOUNS and not stands_bare(units, noun)):
            return Removal(index, index + 1)
        word = _TITLE_NOUNS.get(word, word)
        if stands_bare(units, noun):
            article = article_for(word, capital=starts_sentence(units, noun), upper=False)
            word = f"{article} {word}"
        return Removal(noun, index + 1, word, as_is=True)
    described = before is not None and (
        before.adjective is not None
        or before.word in grammar.DETERMINERS
        or (is_modifier(units, index - 1) and not before.word.endswith("ing"))
    )
    last = index + 2 if word_at(units, index + 1) in _ORDINALS else index + 1
    if described:
        return Removal(index, last, "person", as_is=True)
    return Removal(index, last, "A person" if starts_sentence(units, index) else "a person", as_is=True)


def _apposed(units: Sequence[Unit], index: int) -> bool:
    """Whether ``, a nurse`` after the name says who it is: a person, by a noun of its own."""
    if word_at(units, index + 1) != "," or word_at(units, index + 2) not in ("a", "an", "the"):
        return False
    at = index + 3
    while at < len(units) and at < index + 8 and (is_modifier(units, at) or units[at].adjective is not None):
        at += 1
    return at < len(units) and (units[at].is_noun or is_person_word(units, at))


def _names_one(units: Sequence[Unit], noun: int) -> bool:
    """Whether a title or noun before a name is one by itself, not the second of ``Mr. and Mrs. Lee``."""
    return stands_bare(units, noun) and word_at(units, noun - 1) not in grammar.LIST_JOINERS


def _noun_before(units: Sequence[Unit], index: int) -> int | None:
    """Index of the title or the noun for a person that stands directly before a name."""
    at = index - 1
    if at < 0 or not units[index].gap:
        return None
    if word_at(units, at) == "." and at > 0 and _is_title(units[at - 1]):
        return at - 1
    unit = units[at]
    return at if _is_title(unit) or unit.is_noun or unit.person else None


def stands_bare(units: Sequence[Unit], index: int, first: int | None = None) -> bool:
    """Whether a singular noun stands without an article, as titles before names do.

    Its phrase begins at *first*, or with the noun itself.
    """
    unit = units[index]
    if unit.noun.plural if unit.noun is not None else unit.word in grammar.PLURAL_PERSONS:
        return False
    if unit.word.endswith("s") and not unit.word.endswith("ss"):
        return False
    start = index if first is None else first
    if start == 0:
        return True
    before = units[start - 1]
    if before.kind is Kind.MENTION:
        return before.adjective is None and before.pronoun is None and not before.is_noun
    owned = before.word == "s" and word_at(units, start - 2) == "'"
    return not (
        owned
        or before.person
        or before.word in grammar.DETERMINERS | grammar.NUMBERS | {"-", "."}
        or is_modifier(units, start - 1)
    )


def starts_sentence(units: Sequence[Unit], index: int) -> bool:
    """Whether a sentence, or the prompt, starts at *index*."""
    return index == 0 or word_at(units, index - 1) in grammar.SENTENCE_ENDS | {"\n"}


def _is_title(unit: Unit) -> bool:
    return unit.title is not None or unit.word in grammar.TITLES


def _modifier(units: Sequence[Unit], index: int) -> Removal:
    first = index
    if word_at(units, first - 1) in grammar.LIST_JOINERS and is_modifier(units, first - 2):
        return Removal(first - 1, index + 1)
    if word_at(units, first - 1) == "," and is_modifier(units, first - 2):
        return Removal(first - 1, index + 1)
    return Removal(first, index + 1)


def _noun_phrase_start(units: Sequence[Unit], index: int) -> int:
    """First unit of the noun phrase of a cue; a possessive pronoun is not part of it."""
    start = index
    while (start > 0 and units[start - 1].word not in _APPLYING) and (
        is_modifier(units, start - 1)
        or units[start - 1].adjective is not None
        or any(cue.term.pos is not CuePos.NOUN for cue in units[start - 1].cues)
    ):
        start -= 1
    if word_at(units, start - 1) in grammar.DETERMINERS:
        start -= 1
    return start


def _item_follows(units: Sequence[Unit], index: int) -> bool:
    """Whether another item of the same list follows a comma: ``a beard, glasses and a hat``."""
    for at in range(index, min(index + 5, len(units))):
        unit = units[at]
        if unit.word in grammar.LIST_JOINERS:
            return at > index and not word_at(units, index).endswith("ing")
        if unit.kind is not Kind.WORD and unit.adjective is None:
            return False
    return False


def removal_of(units: Sequence[Unit], index: int, pos: Pos) -> Removal:
    """How a mention that is left out is taken out, where it does not stand before its noun."""
    return remove_phrase(units, index) if pos is Pos.PHRASE else remove_adjective(units, index)


def names_person(units: Sequence[Unit], index: int) -> bool:
    """Whether the word at *index* is a noun for a person."""
    return is_person_word(units, index)
