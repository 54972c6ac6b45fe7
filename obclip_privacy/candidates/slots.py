"""Slots: what is written for a mention, value by value, and the verb after a pronoun.

Forms come from the lexicon, or from the generator that the policy names. The neutral wording, and what
becomes of a title whose name is gone, are decided on masked units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from obclip_privacy.attributes.base import LexemeClass, Pos, SlotContext
from obclip_privacy.candidates.decisions import Decisions
from obclip_privacy.candidates.outside import shown_value
from obclip_privacy.candidates.template import Article, Lit, Modifiers, Node, Slot, Withheld, is_empty
from obclip_privacy.language import grammar, removal, verbs, wordlists
from obclip_privacy.language.analysis import Link
from obclip_privacy.language.casing import Casing, apply_casing, casing_of
from obclip_privacy.language.units import Kind, Part, Unit

#: Realises a value in a slot, instead of the lexicon's own forms.
Realiser = Callable[[SlotContext, str], str]

_ADVERBS = frozenset(
    {"also", "always", "often", "never", "just", "still", "now", "then", "only", "even", "both", "'"}
)

#: Between two verbs of one pronoun there is no more than this, in units.
_JOINED = 7
#: Small words that follow verbs rather than nouns.
_AFTER_VERB = frozenset({"up", "out", "off", "away", "back", "down", "around"})
#: A verb stands no further behind its pronoun than this, in units.
VERB_REACH = 3


@dataclass(frozen=True)
class SlotWriter:
    """Writes the mentions of one prompt.

    Attributes:
        prompt: the text.
        decisions: made for this text.
        realisers: by attribute, what writes its values if not the lexicon.
    """

    prompt: str
    decisions: Decisions
    realisers: Mapping[str, Realiser]

    def mention(self, index: int) -> list[Node]:
        """The nodes of a mention: the parts of its reading."""
        link = self.decisions.analysis.links[index]
        casing = casing_of(self.text(index))
        if link.merged:
            return []
        nodes: list[Node] = []
        for part in self.decisions.slotted[index]:
            own = Casing.UPPER if casing is Casing.UPPER else (casing if not nodes else Casing.PLAIN)
            if isinstance(part, str):
                nodes.append(Lit(apply_casing(part, own)))
                continue
            form = int(link.case) if link.case is not None else part.form
            nodes.append(self._slot(index, part, link, form, own))
        if link.nounless:
            nodes.append(Lit(apply_casing(" person", casing)))
        return self._without_name(index, link, _tidy(nodes))

    def _without_name(self, index: int, link: Link, nodes: list[Node]) -> list[Node]:
        """*nodes* of a title or a noun, and what is sent of them once the name after it is gone.

        ``Mr. Lee`` becomes ``a man``, ``Queen Anne`` ``a Queen``.
        """
        units = self.decisions.scan.units
        if link.pos not in (Pos.TITLE, Pos.NOUN) or not self.decisions.loses_name(index):
            return nodes
        article: tuple[Node, ...] = ()
        if removal.stands_bare(units, index):
            article = (Article(removal.starts_sentence(units, index), upper=False), Lit(" "))
        if link.pos is Pos.NOUN:
            return [Withheld((), article), *nodes] if article else nodes
        attribute = next(part.attribute for part in self.decisions.slotted[index] if isinstance(part, Part))
        cls = self.decisions.vocabulary.classes.get(f"{attribute}.adult")
        if cls is None:
            return nodes
        noun = self._slot(index, Part(cls.id, attribute, "", 0), link, 0, Casing.PLAIN)
        return [Withheld(tuple(nodes), (*article, noun))]

    def _slot(self, index: int, part: Part, link: Link, form: int, casing: Casing) -> Node:
        cls = self.decisions.vocabulary.classes[part.class_id]
        column = self.decisions.column_of.get((link.person, part.attribute))
        neutral = apply_casing(self._neutral(index, cls, form), casing)
        if link.person < 0:
            return Lit(neutral)
        if column is not None and not self.decisions.columns[column].values:
            neutral = apply_casing(self._outside_wording(part, form) or cls.neutral[form], casing)
        row = self.decisions.vocabulary.forms.get(part.class_id, ())
        if column is None:
            return Lit(apply_casing(cls.forms.get(part.value, cls.neutral)[form], casing))
        realise = self.realisers.get(part.attribute)
        policy = self.decisions.policy_of(part.attribute)
        texts = []
        for value in self.decisions.columns[column].values:
            forms = row[value]
            text = forms[form] if forms is not None else cls.neutral[form]
            if realise is not None:
                context = SlotContext(cls, form, self.near(index - 1), self.near(index + 1))
                text = realise(context, policy.values[value].id)
            texts.append(apply_casing(text, casing))
        return Slot(column, tuple(texts), neutral)

    def _neutral(self, index: int, cls: LexemeClass, form: int) -> str:
        """The wording without a value. A *girl* in a bikini, or in the tag *1girl*, is called no child."""
        wording = cls.neutral[form]
        units = self.decisions.scan.units
        tag = index > 0 and units[index - 1].word.isdigit() and not units[index].gap
        if wording not in ("child", "children") or not (tag or self._sexual):
            return wording
        return "person" if wording == "child" else "people"

    def _outside_wording(self, part: Part, form: int) -> str:
        """What is written for a value outside the domain that the policy generalises; ``""`` for nothing."""
        shown = shown_value(self.decisions.vocabulary, self.decisions.policy_of(part.attribute), part.value)
        forms = self.decisions.vocabulary.classes[part.class_id].forms.get(shown)
        return forms[form] if forms else ""

    def near(self, index: int) -> str:
        """The word at *index*; ``""`` for mentions and beyond the ends."""
        units = self.decisions.scan.units
        return units[index].word if 0 <= index < len(units) else ""

    def verb(self, index: int) -> Node | None:
        """The verb of a pronoun that may become *they*."""
        units = self.decisions.scan.units
        subject = self._first_of_two(index) - 1
        while subject >= 0 and (units[subject].word in _ADVERBS or units[subject].word.endswith("ly")):
            subject -= 1
        link = self.decisions.analysis.links.get(subject)
        if (
            subject < 0
            or subject not in self.decisions.slotted
            or link is None
            or link.pos is not Pos.PRONOUN
        ):
            return None
        near = self._first_of_two(index) - subject <= VERB_REACH
        if link.case != 0 or not near or link.merged:
            return None
        return self._agree(index, link, units[index])

    def _first_of_two(self, index: int) -> int:
        """Where the verb is that the one at *index* is joined to (``laughs and tells him``), else *index*.

        Either nothing stands between them, or a determiner or a pronoun follows the second, or it may as well
        be a noun (``sells books and plants``).
        """
        units = self.decisions.scan.units
        if self.near(index - 1) not in ("and", "then", "but"):
            return index
        first = index - 2 - (self.near(index - 2) in ("and", ","))
        following = self.near(index + 1)
        pronoun = index + 1 < len(units) and units[index + 1].pronoun is not None
        if following not in grammar.DETERMINERS and not pronoun and following not in _AFTER_VERB:
            return first if _may_be_verb(units[first].word) and self._after_pronoun(first) else index
        for at in range(first, max(first - _JOINED, 0), -1):
            if self._after_pronoun(at):
                return at if _may_be_verb(units[at].word) else index
            if units[at].kind is not Kind.WORD or units[at].person or units[at].word in grammar.CONJUNCTIONS:
                return index
        return index

    def _after_pronoun(self, index: int) -> bool:
        """Whether a pronoun stands directly before *index*."""
        return index > 0 and self.decisions.scan.units[index - 1].pronoun is not None

    def _agree(self, index: int, link: Link, unit: Unit) -> Node | None:
        """The verb at *index* as it agrees with each value's pronoun; ``None`` if it does not change."""
        text = self.text(index)
        casing = casing_of(text)
        if unit.word in ("s", "re", "ve") and index > 0 and self.near(index - 1) == "'":
            short = "ve" if self.near(index + 1) in ("been", "got", "had") else "re"
            singular, plural = apply_casing("s", casing), apply_casing(short, casing)
        elif verbs.is_third_person(unit.word):
            singular, plural = text, apply_casing(verbs.plural_of(unit.word), casing)
        elif self._they(link) and (unit.word in verbs.PLURALS or unit.word in wordlists.verbs()):
            singular, plural = apply_casing(verbs.singular_of(unit.word), casing), text
        else:
            return None
        if link.person < 0:
            return Lit(plural)
        column = self.decisions.column_of.get((link.person, "gender"))
        if column is None:
            return None
        they = self._they(link)
        texts = tuple(
            plural if value in they else singular for value in self.decisions.columns[column].values
        )
        return Slot(column, texts, plural)

    def _they(self, link: Link) -> frozenset[int]:
        """Values whose pronoun takes a plural verb."""
        rows = self.decisions.vocabulary.forms.get("gender.pronoun", ())
        return frozenset(
            index for index, row in enumerate(rows) if row is not None and row[0].lower() == "they"
        )

    def text(self, index: int) -> str:
        """The text of the unit at *index*."""
        surface = self.decisions.scan.surfaces[index]
        return self.prompt[surface.start : surface.end]

    @cached_property
    def _sexual(self) -> bool:
        return any(unit.word in grammar.SEXUAL for unit in self.decisions.scan.units)


def _may_be_verb(word: str) -> bool:
    return verbs.is_third_person(word) or word in verbs.PLURALS or word in wordlists.verbs()


def _tidy(nodes: list[Node]) -> list[Node]:
    """Let the space after a slot that may be empty go with it (``Irishwoman`` is two slots)."""
    tidied: list[Node] = []
    for node in nodes:
        before = tidied[-1] if tidied else None
        if isinstance(node, Lit) and isinstance(before, Slot) and not before.neutral and node.text[:1] == " ":
            tidied[-1] = Modifiers(((before,),), (" ",))
            node = Lit(node.text[1:])
        if not is_empty(node):
            tidied.append(node)
    return tidied
