"""Pronouns of animals, ships and machines: ``a cat licks her paw``, ``a ship and her crew``.

They speak of nobody, so they stay. Only where no person is named at all, since whoever has a cat on
``her lap`` may well be one that no noun names: then what is owned must be what such creatures have.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.phrases import REACH, is_modifier, word_at
from obclip_privacy.language.units import Case, Kind, Unit

#: A verb, its auxiliaries, adverbs and preposition: no more stands between a subject and its object.
_CLAUSE = 5
_COUNTED = grammar.DETERMINERS | grammar.NUMBERS
#: What they own ..
_PARTS = frozenset(
    """
    paw paws tail tails fur mane wing wings feather feathers beak claw claws nest den hive web shell
    horn horns antlers trunk tusks fins whiskers snout hoof hooves kitten kittens puppy puppies pup
    pups cub cubs calf foal chick chicks duckling ducklings litter eggs egg young prey mate mouth jaws
    herd pack leash collar kennel bone ball toy hoard perch sail sails mast masts hull deck decks anchor
    rigging engines mare ears nose tongue teeth maiden voyage run crossing berth moorings brood pouch udder
    crest comb gills
    """.split()  # noqa: SIM905 - a list of words reads better so
)
#: .. where the animal stands right before ``with her`` also what somebody has as much ..
_LIMBS = frozenset({"eyes", "head", "legs", "belly", "neck", "back", "feet", "chin", "body", "mouth"})
#: .. and those of one sex besides.
_SEXED_ANIMALS = frozenset(
    """
    tomcat tomcats mare mares stallion stallions hen hens rooster roosters cockerel bull bulls cow cows
    lioness lionesses tigress tigresses leopardess ewe ewes ram rams doe stag stags sow sows boar boars drake
    drakes gander ganders peacock peacocks peahen peahens heifer filly colt gelding broodmare
    """.split()  # noqa: SIM905 - a list of words reads better so
)
_HOMES = frozenset(
    {"alley", "territory", "burrow", "roost", "lair", "pride", "harem", "kits", "mate", "mates", "rival"}
    | {"rivals", "sett", "drey"}
)
#: Whom animals have.
_LEADING = frozenset(
    {
        "owner",
        "owners",
        "rider",
        "handler",
        "trainer",
        "keeper",
        "jockey",
        "master",
        "captain",
        "crew",
        "pilot",
    }
)
#: What a thing is carried in, and how far after the animal (``swims with a stick in his mouth``).
_CARRYING = frozenset({"mouth", "jaws", "beak", "paws"})
_FAR = 16


def is_of_creature(units: Sequence[Unit], index: int, case: Case, heads: Sequence[Sequence[int]]) -> bool:
    """Whether the pronoun speaks of an animal or a ship; *heads* are the nouns of each person.

    What an animal does to itself is its own (``a cat stretching herself``), and so is what is named with it
    (``a ship and her crew``), and who leads it (``a dog waiting for his owner``).

    All pronouns of the prompt are then such ones: ``a cat licks her paw as she reads`` tells of somebody.
    """
    others = [at for at, unit in enumerate(units) if at != index and unit.pronoun is not None]
    if case is Case.REFLEXIVE:
        return not heads and not others and _acts_on_itself(units, index)
    if case is not Case.DETERMINER or any(head < index for nouns in heads for head in nouns):
        return False
    if not others and (_is_joined(units, index) or _is_led(units, index)):
        return True
    return not heads and all(_has_creature(units, at) for at in (index, *others))


def _acts_on_itself(units: Sequence[Unit], index: int) -> bool:
    clause = units[max(0, index - _CLAUSE) : index]
    return any(_last_word(unit) in wordlists.animals() for unit in clause) and all(
        unit.kind is Kind.WORD for unit in clause[1:]
    )


def _last_word(unit: Unit) -> str:
    """A phrase that speaks of nobody (``mother hen``) is one unit."""
    return unit.word.rpartition(" ")[2]


def _is_creature(units: Sequence[Unit], index: int) -> bool:
    if index < 0:
        return False
    name = _last_word(units[index])
    return name in grammar.BEARERS | _SEXED_ANIMALS or name in wordlists.animals()


def _is_joined(units: Sequence[Unit], index: int) -> bool:
    """``a horse and his rider``, ``a robot and her flower``: nothing but the creature before *and*."""
    if word_at(units, index - 1) not in ("and", "&") or not _is_creature(units, index - 2):
        return False
    owned = units[index + 1] if index + 1 < len(units) else None
    if owned is None or ((owned.person or owned.noun is not None) and owned.word not in _LEADING | _PARTS):
        return False  # a dog and her boyfriend
    return all(is_modifier(units, at) or units[at].word in _COUNTED for at in range(index - 2))


def _is_led(units: Sequence[Unit], index: int) -> bool:
    """``a dog waiting for his owner``."""
    before = units[max(0, index - REACH) : index]
    return word_at(units, index + 1) in _LEADING and any(
        _is_creature(before, at) for at in range(len(before))
    )


def _has_creature(units: Sequence[Unit], index: int) -> bool:
    owned = index + 1
    while owned < len(units) and (is_modifier(units, owned) or units[owned].word in grammar.NUMBERS):
        owned += 1
    known, thing = wordlists.animals(), word_at(units, owned)
    near = units[max(0, index - (_FAR if thing in _CARRYING else REACH)) : index]
    names = {_last_word(unit) for unit in near}
    if thing in _HOMES and names & _SEXED_ANIMALS:
        return True
    before = word_at(units, index - 2)
    its = word_at(units, index - 1) == "with" and (before in known or before in grammar.BEARERS)
    if its and thing in _LIMBS:
        return True
    if thing not in _PARTS and thing not in known:
        return False
    return bool(names & (grammar.BEARERS | _SEXED_ANIMALS)) or not known.isdisjoint(names)
