"""Nouns for persons that describe a thing, and so name nobody: ``queen mattress``, ``baby turtles``.

English puts nouns before nouns, and the last of them says what the whole is. Whether a word is a noun is
known from lists only, so these rules hold back where it could be a verb.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.attributes.base import CuePos
from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.units import Kind, Mask, Unit
from obclip_privacy.language.words import closes, closes_phrase, word_at

#: How far before a noun *and* may make it one of several subjects.
_JOINED = 6
#: How far after a piece its game may be named.
_GAME_REACH = 8
#: What may make a base form of a verb of the word after a noun in the singular.
_JOINING = grammar.CONJUNCTIONS | grammar.HELPING | grammar.PERCEPTION
#: Words after a noun for a person that leave it one.
_OF_PERSONS = grammar.APPEARANCE | grammar.PERSON_PARTS | grammar.WHEREABOUTS
#: Words after a number and a noun that are those persons themselves (``a three man band``).
_OF_SEVERAL = grammar.GROUP_WORDS | grammar.PLURAL_PERSONS | grammar.OCCASIONS
#: Verbs whose past is their base form, so that a subject in the singular may stand before them.
_ALIKE_IN_THE_PAST = frozenset(
    {"cut", "set", "put", "hit", "let", "shut", "cast", "beat", "spread", "read", "split", "quit", "hurt"}
)
#: After another noun for a thing (``kids cutlery set``).
_SOLD_TOGETHER = frozenset({"set", "sets", "kit", "kits", "flyer", "flyers", "cake", "cakes"})
_JOINERS = frozenset({"and", "&"})
#: What is sold for two, without a picture of them.
_FOR_BOTH = (grammar.NAMESAKES - grammar.SHOWING) | frozenset(
    {"topper", "toppers", "necklace", "necklaces", "pillowcases", "rings", "slippers", "towels", "set"}
)
#: How far before its kin an animal is named.
_KIN_REACH = 8
#: Classes of the kin of animals that are spoken of so.
_KIN_OF_ANIMALS = frozenset({("gender.mother",), ("gender.sister",), ("gender.daughter",)})
#: The longest name of a thing, in nouns (``card game box lid``).
_LONGEST_NAME = 4
#: What may follow the name of a room, so that it is no verb (``kids corner by a door``).
_GOING_ON = grammar.PREPOSITIONS | grammar.CONJUNCTIONS | grammar.BE
#: What looks like a verb, and says what a room is for (``a ladies changing room``).
_OF_ROOMS = frozenset({"play", "changing", "dressing", "fitting", "waiting", "sleeping"})
#: The longest ending of a contraction (``they'll``), in letters.
_LONGEST_CONTRACTION = 2


def is_thing_word(units: Sequence[Unit], index: int, verbs: bool = False) -> bool:
    """Whether a noun for a thing stands at *index*: what is before it describes it (``baby radish``)."""
    if index >= len(units) or units[index].kind is not Kind.WORD or not units[index].gap:
        return False
    word = units[index].word
    if units[index].person or word in grammar.STOPS or word in grammar.CONJUNCTIONS:
        return False
    if units[index].cues and not _is_dress(units[index]):
        return False
    if word == "instead":
        return False
    if word in wordlists.modifiers() or (word in wordlists.verbs() and not verbs):
        return False
    if word in wordlists.first_names():
        return False  # king henry, who need not have a capital
    if word.endswith(("s", "ing", "ed", "ly")) and not word.endswith("ss"):
        return False
    short = word in grammar.NAMESAKES or word in grammar.SHORT_THINGS
    return (len(word) > 3 or short) and wordlists.is_known(word)


def _is_dress(unit: Unit) -> bool:
    """``a sailor blouse``: clothes that would be a cue of somebody are things as well."""
    return all(cue.term.kind == "dress" and cue.term.pos is CuePos.NOUN for cue in unit.cues)


def heads_thing(units: Sequence[Unit], index: int, verbs: bool = False) -> bool:
    """Whether a noun for a thing that is no part or picture of a person stands at *index*.

    With *verbs* it may also be the base form of a verb, which never follows its subject in the singular.
    """
    return is_thing_word(units, index, verbs) and units[index].word not in _OF_PERSONS


def end_of_thing(units: Sequence[Unit], index: int) -> int | None:
    """Where the nouns for things at *index*, the last of which ends the phrase, end; ``None`` if none do.

    Adjectives may stand between. The last noun may be a plural, after another: a verb would follow its
    subject at once.
    """
    at = end = index
    if word_at(units, index) in _ALIKE_IN_THE_PAST:
        return None
    while at < min(len(units), index + _LONGEST_NAME):
        if heads_thing(units, at, verbs=True) or (at > index and _is_plural_thing(units, at)):
            end = at + 1
        elif units[at].word not in wordlists.modifiers() or units[at].word.endswith(("ed", "ing")):
            break
        at += 1
    return end if end > index and (closes_phrase(units, end) or _participle(units, end)) else None


def _participle(units: Sequence[Unit], index: int) -> bool:
    """Whether what is said of a noun before it follows (``a ship moored alongside``)."""
    word = word_at(units, index)
    return word.endswith(("ed", "ing")) or word in _ALIKE_IN_THE_PAST or word in ("full", "made")


def _is_plural_thing(units: Sequence[Unit], index: int) -> bool:
    word = word_at(units, index)
    plural = word.endswith("s") and not word.endswith("ss") and units[index].gap
    return plural and wordlists.is_known(word[:-1]) and not units[index].person and word not in _OF_PERSONS


def follows_article(units: Sequence[Unit], index: int) -> bool:
    """Whether *a* or *an* stands before *index*, or before the adjectives of things before it."""
    at = index - 1
    while at > 0 and (units[at].adjective is not None or units[at].word in wordlists.modifiers()):
        at -= 1
    return word_at(units, at) in grammar.ARTICLES


def is_attribute(units: Sequence[Unit], index: int) -> bool:
    """Whether the noun describes a thing (``queen mattress``, ``fighter jet``, ``an old maid card game``).

    After *and* or ``lets`` a base form may be a verb (``a man and his wife dance``). Of several nouns that
    follow an article makes one phrase; without one they may be a heap of tags, which say something each.
    """
    if not heads_thing(units, index + 1, verbs=True):
        return False
    ends = closes_phrase(units, index + 2)
    if not ends and not (follows_article(units, index) and end_of_thing(units, index + 1) is not None):
        return False
    joined = any(unit.word in _JOINING for unit in units[max(0, index - _JOINED) : index])
    return not joined or heads_thing(units, index + 1)


def is_product(units: Sequence[Unit], index: int) -> bool:
    """``a girl guide cookie tin``: after an article, and the last of two nouns is a thing that is sold."""
    end = end_of_thing(units, index + 1) if follows_article(units, index) else None
    sold = grammar.NAMESAKES - grammar.SHOWING
    return end is not None and end > index + 2 and units[end - 1].word in sold


def is_of_both(units: Sequence[Unit], index: int) -> bool:
    """``bride and groom cake topper``: two nouns before a thing that is sold."""
    first = index if word_at(units, index + 1) in _JOINERS else index - 2
    if first < 0 or word_at(units, first + 1) not in _JOINERS or first + 3 >= len(units):
        return False
    if units[first].noun is None or units[first + 2].noun is None:
        return False
    at = first + 3
    while at < len(units) and (units[at].word in _FOR_BOTH or heads_thing(units, at)):
        at += 1
    sold = word_at(units, at - 1) in _FOR_BOTH and at > first + 3 + (units[at - 1].word == "set")
    return sold and closes_phrase(units, at)


def is_animal(units: Sequence[Unit], index: int, mask: Mask) -> bool:
    """Whether the word after the noun is an animal (``baby turtles``), and no verb (``a man pets a dog``)."""
    following = word_at(units, index + 1)
    known = wordlists.animals()
    if following.endswith("ing") and following not in known and word_at(units, index + 2) in known:
        return mask.classes == ("gender.adult",) and units[index].adjective is not None
    if following not in wordlists.animals() or following in wordlists.persons():
        return False
    if index + 2 < len(units) and units[index + 2].person:
        return False  # a cowboy horse rider
    verb = following.endswith("s") and following[:-1] in wordlists.verbs() and not mask.plural
    if not verb:
        return True
    object_follows = word_at(units, index + 2) in grammar.DETERMINERS | grammar.NUMBERS
    return not object_follows and mask.classes[0] not in grammar.PLAIN_SEXES


def describes_animal(units: Sequence[Unit], index: int) -> bool:
    """``a juvenile bald eagle``: adjectives stand between."""
    at = index + 1
    while at < min(len(units), index + _LONGEST_NAME) and units[at].kind is Kind.WORD:
        if units[at].word in wordlists.animals():
            return at > index + 1
        if units[at].word not in wordlists.modifiers() or units[at].word.endswith(("ing", "ed")):
            return False
        at += 1
    return False


def compares(units: Sequence[Unit], index: int) -> bool:
    """``toddler-sized``, ``man-made``, ``a father-and-son shop``: like somebody, or a compound."""
    first, last = _hyphened(units, index)
    if last == first + 1:
        return False
    if word_at(units, index + 2) in grammar.COMPARING and last > index + 2:
        return True
    if units[last - 1].person or word_at(units, last) in _OF_SEVERAL:
        return False
    return end_of_thing(units, last) is not None


def _hyphened(units: Sequence[Unit], index: int) -> tuple[int, int]:
    """The range of units around *index* that hyphens join."""
    first, last = index, index + 1
    while first > 1 and word_at(units, first - 1) == "-" and not (units[first].gap or units[first - 1].gap):
        first -= 2
    while last + 1 < len(units) and units[last].word == "-" and not (units[last].gap or units[last + 1].gap):
        last += 2
    return first, last


def is_measure(units: Sequence[Unit], index: int) -> bool:
    """``a two-man saw``, ``a one man tent``: for how many a thing is."""
    number = index - 2 if word_at(units, index - 1) == "-" else index - 1
    if word_at(units, number) not in grammar.NUMBERS or closes_phrase(units, index + 1):
        return False
    if units[index + 1].person or units[index + 1].word in _OF_SEVERAL:
        return False
    if number < index - 1:
        return True
    return word_at(units, number - 1) in grammar.ARTICLES and heads_thing(units, index + 1, verbs=True)


def is_plant(units: Sequence[Unit], index: int) -> bool:
    """``a maiden grass border``: after an article, and the phrase ends in the plant."""
    if not follows_article(units, index) or word_at(units, index + 1) not in grammar.PLANTS:
        return False
    end = index + 3 if word_at(units, index + 2) in grammar.OF_PLANTS else index + 2
    return closes_phrase(units, end) or _participle(units, end)


def is_made_for(units: Sequence[Unit], index: int, mask: Mask) -> bool:
    """``a lady desk``, ``a schoolboy cap on a peg``: personal things, and clothes that nobody wears."""
    if not follows_article(units, index):
        return False
    made = grammar.CLOTHES if mask.classes != ("gender.lady",) else grammar.CLOTHES | grammar.PERSONAL_THINGS
    if word_at(units, index + 1) not in made or not closes_phrase(units, index + 2):
        return False
    # ``in a witch hat`` tells who wears it.
    worn = word_at(units, index + 1) in grammar.CLOTHES
    if not worn:
        return True
    wearing = any(unit.word in grammar.WEARING for unit in units[max(0, index - _JOINED) : index])
    return not wearing and not any(names_somebody(unit) for at, unit in enumerate(units) if at != index)


def is_of_thing(units: Sequence[Unit], index: int) -> bool:
    """``a prince of Denmark playbill``, ``a queen of the night cactus``: the article is that of the thing."""
    if not follows_article(units, index) or word_at(units, index + 1) != "of":
        return False
    at = index + 3 if word_at(units, index + 2) == "the" else index + 2
    end = next((end for end in range(at + 1, at + _LONGEST_NAME) if closes_phrase(units, end)), at)
    if end < at + 2 or any(names_somebody(unit) for unit in units[at:end]):
        return False
    last, plants = word_at(units, end - 1), grammar.PLANTS | grammar.OF_PLANTS
    return last in grammar.COPIES or last in grammar.NAMESAKES - grammar.SHOWING or last in plants


def is_for_several(units: Sequence[Unit], index: int) -> bool:
    """``kids corner``, ``boys shoes``: called after those whom it is for, without an apostrophe."""
    before = units[index - 1] if index else None
    if before is not None and (
        before.kind is Kind.MENTION or before.word in (grammar.DETERMINERS | grammar.NUMBERS) - {"a", "the"}
    ):
        return False
    end = _end_of_words(units, index + 1)
    last, following = word_at(units, end - 1), word_at(units, end)
    named = last in grammar.FOR_SEVERAL and end > index + 1
    if word_at(units, index - 1) != "of" and following != "off":  # a group of girls, their shoes off
        named = named or (last in grammar.CLOTHES | grammar.PERSONAL_THINGS and end > index + 1)
        named = named or (last in _SOLD_TOGETHER and end > index + 2)
    return named and (closes(units, end) or word_at(units, end) in _GOING_ON)


def is_for_readers(units: Sequence[Unit], index: int) -> bool:
    """``young adult fantasy novels``: what is read or watched, by whom."""
    end = _end_of_words(units, index + 1)
    named = word_at(units, end - 1) in grammar.FOR_READERS and end > index + 1
    return named and (closes(units, end) or word_at(units, end) in _GOING_ON)


def _end_of_words(units: Sequence[Unit], index: int) -> int:
    """Where the words for things at *index*, of which a phrase may be made up, end."""
    at = index
    while at < min(len(units), index + _LONGEST_NAME) and not closes_phrase(units, at):
        unit = units[at]
        doing = unit.word.endswith(("ing", "ed")) or unit.word in wordlists.verbs()
        doing = doing or unit.word in grammar.NOT_OF_A_NAME
        if unit.adjective is not None and unit.gap:
            at += 1  # ladies Japanese shoes
            continue
        shows = unit.cues and not _is_dress(unit)
        if unit.kind is not Kind.WORD or unit.person or shows or not unit.gap:
            break
        together = unit.word in _SOLD_TOGETHER and at > index
        if doing and not together and unit.word not in grammar.FOR_SEVERAL | grammar.FOR_READERS | _OF_ROOMS:
            break
        at += 1
    return at


def begins_foreign_word(units: Sequence[Unit], index: int) -> bool:
    """``man'oushe``: an apostrophe within a word that is neither a genitive nor a contraction."""
    end = index + 2
    if end >= len(units) or units[index + 1].word != "'" or units[index + 1].gap or units[end].gap:
        return False
    rest = units[end]
    return rest.kind is Kind.WORD and len(rest.word) > _LONGEST_CONTRACTION


def is_kin_of_animal(units: Sequence[Unit], index: int, mask: Mask) -> bool:
    """``puppies with their mother``, ``two lions, the male yawning``: animals before it, and nobody else.

    Not ``their mom``, who has a pet.
    """
    owned = mask.classes[:1] in _KIN_OF_ANIMALS and word_at(units, index - 1) in ("its", "their")
    male = mask.classes == ("gender.adult",) and units[index].adjective is not None
    known = wordlists.animals()
    listed = word_at(units, index - 1) == "the" and word_at(units, index - 2) == ","
    if not owned and not (male and listed and word_at(units, index - 3) in known):
        return False
    if not any(unit.word in known for unit in units[max(0, index - _KIN_REACH) : index - 1]):
        return False
    return not any(
        names_somebody(unit) and word_at(units, at + 1) not in known
        for at, unit in enumerate(units)
        if at != index
    )


def names_somebody(unit: Unit) -> bool:
    """Whether the unit may speak of a person, whatever stands around it."""
    stated = unit.noun is not None or unit.pronoun is not None or unit.title is not None
    return stated or unit.person or bool(unit.cues)


def is_game_piece(units: Sequence[Unit], index: int) -> bool:
    """``a white queen on a chess board``, ``chess board with king and queen``.

    A plain colour before it and the game after it; or the board before it or under it, and nobody who plays.
    """
    following = units[index + 1 : index + _GAME_REACH]
    if index and units[index - 1].weak and any(unit.word in grammar.GAMES for unit in following):
        return True
    if not _is_royal(units[index]) or not _is_of_board(units, index):
        return False
    return not any(
        unit.word in grammar.PLAYING or (names_somebody(unit) and not _is_royal(unit)) for unit in units
    )


def _is_royal(unit: Unit) -> bool:
    return unit.noun is not None and unit.noun.classes == ("gender.queen",)


def _is_of_board(units: Sequence[Unit], index: int) -> bool:
    """Whether a board or a set of a game is named before, or it is on one and has no article."""
    for at in range(max(0, index - _GAME_REACH), index):
        if units[at].word in grammar.GAMES and (
            units[at].word.endswith("board") or word_at(units, at + 1) in grammar.BOARDS
        ):
            return True
    before = word_at(units, index - 1)
    if index and units[index - 1].kind is Kind.MENTION:
        return False
    if before in grammar.DETERMINERS and not (
        before in grammar.ARTICLES and _stands_with_another(units, index)
    ):
        return False
    return any(
        units[at].word in grammar.GAMES and word_at(units, at - 2) in ("on", "of")
        for at in range(index + 3, min(len(units), index + _GAME_REACH))
    )


def _stands_with_another(units: Sequence[Unit], index: int) -> bool:
    """``a king and a queen``: two pieces, each with an article."""
    return any(
        0 <= first < len(units) - 3
        and _is_royal(units[first])
        and _is_royal(units[first + 3])
        and word_at(units, first + 1) in _JOINERS
        and word_at(units, first + 2) in grammar.ARTICLES
        for first in (index - 3, index)
    )
