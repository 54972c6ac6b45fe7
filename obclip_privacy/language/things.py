"""Nouns for persons that describe a thing, and so name nobody: ``queen mattress``, ``baby turtles``.

English puts nouns before nouns, and the last of them says what the whole is. Whether a word is a noun is
known from lists only, so these rules hold back where it could be a verb.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.units import Kind, Mask, Unit
from obclip_privacy.language.words import closes_phrase, word_at

#: How far before a noun *and* may make it one of several subjects.
_JOINED = 6
#: How far after a piece its game may be named.
_GAME_REACH = 8
#: What may make a base form of a verb of the word after a noun in the singular.
_JOINING = grammar.CONJUNCTIONS | grammar.HELPING | grammar.PERCEPTION
#: Words after a noun for a person that leave it one.
_OF_PERSONS = grammar.APPEARANCE | grammar.PERSON_PARTS | grammar.WHEREABOUTS


def is_thing_word(units: Sequence[Unit], index: int, verbs: bool = False) -> bool:
    """Whether a noun for a thing stands at *index*: what is before it describes it (``baby radish``)."""
    if index >= len(units) or units[index].kind is not Kind.WORD or not units[index].gap:
        return False
    word = units[index].word
    if units[index].person or units[index].cues or word in grammar.STOPS or word in grammar.CONJUNCTIONS:
        return False
    if word in wordlists.modifiers() or (word in wordlists.verbs() and not verbs):
        return False
    if word.endswith(("s", "ing", "ed", "ly")) and not word.endswith("ss"):
        return False
    return len(word) > 3 and wordlists.is_known(word)


def heads_thing(units: Sequence[Unit], index: int, verbs: bool = False) -> bool:
    """Whether a noun for a thing that is no part or picture of a person stands at *index*.

    With *verbs* it may also be the base form of a verb, which never follows its subject in the singular.
    """
    return is_thing_word(units, index, verbs) and units[index].word not in _OF_PERSONS


def is_attribute(units: Sequence[Unit], index: int) -> bool:
    """Whether the noun describes a thing (``queen mattress``, ``fighter jet``).

    After *and* or ``lets`` a base form may be a verb (``a man and his wife dance``).
    """
    if not heads_thing(units, index + 1, verbs=True) or not closes_phrase(units, index + 2):
        return False
    joined = any(unit.word in _JOINING for unit in units[max(0, index - _JOINED) : index])
    return not joined or heads_thing(units, index + 1)


def is_animal(units: Sequence[Unit], index: int, mask: Mask) -> bool:
    """Whether the word after the noun is an animal (``baby turtles``), and no verb (``a man pets a dog``)."""
    following = word_at(units, index + 1)
    if following.endswith("ing") and word_at(units, index + 2) in wordlists.animals():
        return mask.classes == ("gender.adult",) and units[index].adjective is not None
    if following not in wordlists.animals() or following in wordlists.persons():
        return False
    verb = following.endswith("s") and following[:-1] in wordlists.verbs() and not mask.plural
    if not verb:
        return True
    object_follows = word_at(units, index + 2) in grammar.DETERMINERS | grammar.NUMBERS
    return not object_follows and mask.classes[0] not in grammar.PLAIN_SEXES


def compares(units: Sequence[Unit], index: int) -> bool:
    """``toddler-sized``, ``man-made``: like somebody, or by them."""
    hyphened = word_at(units, index + 1) == "-" and not units[index + 1].gap
    return hyphened and word_at(units, index + 2) in grammar.COMPARING and not units[index + 2].gap


def is_game_piece(units: Sequence[Unit], index: int) -> bool:
    """``a white queen on a chess board``: a plain colour before it, and the game after it."""
    if index == 0 or not units[index - 1].weak:
        return False
    return any(unit.word in grammar.GAMES for unit in units[index + 1 : index + _GAME_REACH])
