"""Checks what plugins register and what their functions return; errors name plugin, hook, value and remedy.

Registration is checked once, when the plugins are collected. Functions (detectors, cue detectors,
generators) are wrapped, so that every result is checked before anything is made of it; a result that breaks
the contract stops the request, and so does an exception. No message quotes a prompt.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn, TypeVar

from obclip_privacy.attributes.base import (
    CLASS_ID,
    IDENTIFIER,
    VALUE_ID,
    Attribute,
    Band,
    CueDetector,
    CueFinding,
    CuePos,
    CueTerm,
    Detector,
    Extension,
    Finding,
    Generator,
    LexemeClass,
    Lexicon,
    Pos,
    SlotContext,
    SlotPart,
    Word,
)
from obclip_privacy.attributes.safety import band_of_wording
from obclip_privacy.errors import PluginError, quoted

#: Names of cue detectors and kinds of cue.
NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
#: A surface form longer than this is no word and no phrase.
MAX_FORM_CHARS = 80
T = TypeVar("T")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def checked_attribute(thing: object, where: str) -> Attribute:
    """*thing* as an attribute whose functions check what they return; *where* names plugin and hook.

    Raises:
        PluginError: it is none, or its lexicon breaks the contract.
    """
    attribute = _typed(thing, Attribute, where)
    here = f"{where}: attribute {quoted(str(attribute.id))}"
    _match(IDENTIFIER, attribute.id, here, "its id", "lower case, digits and underscores")
    title: object = attribute.title
    if not isinstance(title, str) or not title.strip():
        _wrong(here, f"its title is {_shown(title)}", "give a title for people")
    _typed(attribute.lexicon, Lexicon, here)
    for problem in lexicon_problems(attribute):
        raise PluginError(f"{here}: {problem}")
    names = [part.name for part in _each(attribute.detectors, Detector, here)]
    names += [part.name for part in _each(attribute.generators, Generator, here)]
    for name in names:
        _match(IDENTIFIER, name, here, "the name of a detector or generator", "lower case with underscores")
        if names.count(name) > 1 or name in ("lexicon", attribute.id):
            _wrong(here, f"the name '{name}' is taken", "each detector and generator needs a name of its own")
    return dataclasses.replace(
        attribute,
        detectors=_wrapped_detectors(attribute.detectors, attribute, here),
        generators=_wrapped_generators(attribute.generators, here),
    )


def checked_extension(extension: Extension, base: Attribute | None, where: str) -> Attribute:
    """*base*, which is checked already, with *extension*; *where* names plugin and hook.

    Raises:
        PluginError: there is no such attribute, or what is added breaks the contract.
    """
    here = f"{where}: extension of {_shown(extension.attribute)}"
    if base is None:
        _wrong(here, "no plugin registers this attribute", "install the plugin that does, or register it")
    _typed(extension.lexicon, Lexicon, here)
    taken = {*base.detector_names, *base.generator_names}
    names = [part.name for part in _each(extension.detectors, Detector, here)]
    names += [part.name for part in _each(extension.generators, Generator, here)]
    for name in names:
        _match(IDENTIFIER, name, here, "the name of a detector or generator", "lower case, underscores")
        if name in taken:
            _wrong(here, f"the name '{name}' is taken", "choose another")
        taken.add(name)
    for problem in lexicon_problems(extension.applied_to(base)):
        raise PluginError(f"{here}: {problem}")
    whole = extension.applied_to(base)
    wrapped = dataclasses.replace(
        extension,
        detectors=_wrapped_detectors(extension.detectors, whole, here),
        generators=_wrapped_generators(extension.generators, here),
    )
    return wrapped.applied_to(base)


def _wrapped_detectors(
    detectors: Sequence[Detector], attribute: Attribute, here: str
) -> tuple[Detector, ...]:
    return tuple(
        Detector(part.name, _checked_find(part, attribute, f"{here}, detector '{part.name}'"))
        for part in detectors
    )


def _wrapped_generators(generators: Sequence[Generator], here: str) -> tuple[Generator, ...]:
    return tuple(
        Generator(part.name, _checked_realise(part, f"{here}, generator '{part.name}'"))
        for part in generators
    )


def checked_cue_detector(thing: object, where: str) -> CueDetector:
    """*thing* as a cue detector whose function checks what it returns.

    Raises:
        PluginError: it is none, or one of its terms breaks the contract.
    """
    detector = _typed(thing, CueDetector, where)
    here = f"{where}: cue detector {quoted(str(detector.name))}"
    _match(NAME, detector.name, here, "its name", "lower case, digits, hyphens and underscores")
    for term in _each(detector.terms, CueTerm, here):
        for problem in _cue_problems(term):
            raise PluginError(f"{here}: {problem}")
    for kind in _each(detector.kinds, str, here):
        _match(NAME, kind, here, "a kind that it declares", "lower case, digits, hyphens and underscores")
    if detector.find is None:
        return detector
    return dataclasses.replace(detector, find=_checked_find_cues(detector.find, detector.kinds, here))


def lexicon_problems(attribute: Attribute) -> Iterator[str]:
    """Everything that is wrong with the attribute's lexicon, one sentence each.

    The conformance kit reports all of them; registration stops at the first.
    """
    lexicon = attribute.lexicon
    classes = {cls.id: cls for cls in _of(lexicon.classes, LexemeClass)}
    if len(classes) != len(lexicon.classes):
        yield "two lexeme classes have one id, or one is no LexemeClass; give each an id of its own"
    domain = sorted({value for cls in classes.values() for value in cls.forms})
    for cls in classes.values():
        yield from _class_problems(cls, attribute, classes, domain)
    for word in _of(lexicon.words, Word):
        yield from _word_problems(word, attribute, classes)
    for cue in _of(lexicon.cues, CueTerm):
        yield from _cue_problems(cue)


def _class_problems(
    cls: LexemeClass, attribute: Attribute, classes: dict[str, LexemeClass], domain: Sequence[str]
) -> Iterator[str]:
    here = f"class '{cls.id}'"
    if not CLASS_ID.fullmatch(cls.id) or cls.id.partition(".")[0] != attribute.id:
        yield f"{here}: its id must be '{attribute.id}.' and a name in lower case"
    if cls.attribute != attribute.id:
        yield f"{here}: its attribute is '{cls.attribute}'; it must be '{attribute.id}'"
    if cls.base and cls.base not in classes:
        yield f"{here}: its base '{cls.base}' is no class of the lexicon"
    owners: dict[tuple[int, str], str] = {}
    for value, row in (*cls.forms.items(), ("neutral", cls.neutral)):
        if value != "neutral" and not VALUE_ID.fullmatch(value):
            yield f"{here}: the value '{value}' must be in lower case with hyphens"
        if len(row) != cls.pos.form_count:
            yield f"{here}: '{value}' has {len(row)} forms; a {cls.pos.value} has {cls.pos.form_count}"
            continue
        for index, form in enumerate(row):
            if value == "neutral" and not form:
                continue
            yield from _form_problems(form, f"{here}, '{value}'")
            other = owners.setdefault((index, form.lower()), value) if value != "neutral" else value
            if other != value:
                yield f"{here}: '{form}' stands for '{other}' and for '{value}'; no form may have two values"
    if len({row[0][:1].isupper() for row in cls.forms.values() if row}) > 1:
        yield f"{here}: some forms begin with a capital and some do not: the letter case would tell"
    yield from _parallel_problems(cls, attribute, classes, domain)
    yield from _age_problems(cls, here)


def _parallel_problems(
    cls: LexemeClass, attribute: Attribute, classes: dict[str, LexemeClass], domain: Sequence[str]
) -> Iterator[str]:
    """A class that some value has no form in leaves that value's words as they are typed."""
    missing = [value for value in domain if value not in cls.forms]
    replaceable = cls.pos is Pos.NOUN and f"{attribute.id}.adjective" in classes
    if missing and not cls.base and not replaceable and attribute.id != "age":
        yield (
            f"class '{cls.id}' is not parallel: it has no form for '{missing[0]}'; add one, or name a 'base'"
        )
    if len(domain) < 2:
        yield f"class '{cls.id}': a domain of {len(domain)} value(s) hides nothing; give at least two"


def _age_problems(cls: LexemeClass, here: str) -> Iterator[str]:
    """Adults and minors are never substituted for one another, whatever the attribute is called."""
    if cls.attribute == "age":
        return
    bands = {
        value: next((band for form in row if (band := band_of_wording(form)) is not Band.OPEN), Band.OPEN)
        for value, row in cls.forms.items()
    }
    minors = sorted(value for value, band in bands.items() if band is Band.MINOR)
    others = sorted(value for value, band in bands.items() if band is not Band.MINOR)
    if minors and others:
        yield (
            f"{here}: '{minors[0]}' speaks of a minor and '{others[0]}' does not; adults and minors are "
            "never substituted for one another"
        )
    elif minors and cls.band is not Band.MINOR:
        yield f"{here}: its forms speak of minors; mark it with band 'minor'"


def _form_problems(form: object, here: str) -> Iterator[str]:
    if not isinstance(form, str) or not form.strip() or form != form.strip():
        yield f"{here}: {_shown(form)} is no form: it must be a string without white space around it"
    elif len(form) > MAX_FORM_CHARS or _CONTROL.search(form):
        yield f"{here}: {quoted(form)} is too long or has control characters"


def _word_problems(word: Word, attribute: Attribute, classes: dict[str, LexemeClass]) -> Iterator[str]:
    here = f"word {quoted(str(word.surfaces[0] if word.surfaces else ''))}"
    if len(word.surfaces) != len(word.readings):
        yield f"{here}: it has {len(word.surfaces)} surfaces and {len(word.readings)} readings"
    for reading in word.readings:
        for part in reading:
            if not isinstance(part, SlotPart) or part.class_id.partition(".")[0] != attribute.id:
                continue
            cls = classes.get(part.class_id)
            if cls is None or part.value not in cls.forms:
                yield (
                    f"{here} reads <{part.class_id}={part.value}>, but the lexicon has no such class or value"
                )


def _cue_problems(term: CueTerm) -> Iterator[str]:
    here = f"cue {quoted(str(term.surfaces[0] if term.surfaces else ''))}"
    if not term.surfaces:
        yield "a cue has no surface; list at least one"
    for surface in term.surfaces:
        yield from _form_problems(surface, here)
    if not NAME.fullmatch(term.kind):
        yield f"{here}: its kind {quoted(term.kind)} must be in lower case; policies name it"
    pos: object = term.pos
    if not isinstance(pos, CuePos):
        yield f"{here}: its pos must be a CuePos, not {_shown(pos)}"
    if term.generic and len(term.generic) < len(term.surfaces):
        yield f"{here}: 'generic' needs one entry per surface"


def _checked_find(detector: Detector, attribute: Attribute, where: str) -> Callable[[str], Sequence[Finding]]:
    classes = {cls.id: cls for cls in attribute.lexicon.classes}
    find = _callable(detector.find, where)

    def checked(text: str) -> Sequence[Finding]:
        try:
            found: object = find(text)
        except Exception as error:  # noqa: BLE001 - reported with its place; nothing goes on
            raise _raised(error, where) from None
        if found == ():  # the common case: every prompt goes through every detector
            return ()
        findings = _each(found, Finding, where)
        for finding in findings:
            _span(finding, text, where)
            cls = classes.get(finding.class_id)
            if cls is None or finding.value not in cls.forms:
                _wrong(
                    where,
                    f"it gave the value {_shown(finding.value)} of class {_shown(finding.class_id)}",
                    "it must name a class of its own attribute and a value that the class has a form for",
                )
        return findings

    return checked


def _checked_find_cues(
    find: Callable[[str], Sequence[CueFinding]], kinds: Sequence[str], where: str
) -> Callable[[str], Sequence[CueFinding]]:
    _callable(find, where)

    def checked(text: str) -> Sequence[CueFinding]:
        try:
            found: object = find(text)
        except Exception as error:  # noqa: BLE001 - reported with its place; nothing goes on
            raise _raised(error, where) from None
        if found == ():
            return ()
        findings = _each(found, CueFinding, where)
        for finding in findings:
            _span(finding, text, where)
            if not NAME.fullmatch(str(finding.kind)):
                _wrong(where, f"it gave the kind {_shown(finding.kind)}", "a kind is in lower case")
            if kinds and finding.kind not in kinds:
                _wrong(where, f"it gave the kind '{finding.kind}'", "declare it in 'kinds'")
        return findings

    return checked


def _checked_realise(generator: Generator, where: str) -> Callable[[SlotContext, str], str]:
    realise = _callable(generator.realise, where)

    def checked(context: SlotContext, value: str) -> str:
        try:
            text: object = realise(context, value)
        except Exception as error:  # noqa: BLE001 - reported with its place; nothing goes on
            raise _raised(error, where) from None
        if not isinstance(text, str) or not text.strip() or _CONTROL.search(text):
            _wrong(where, f"it gave no wording for the value '{value}'", "return a string that is not empty")
        return text

    return checked


def _raised(error: Exception, where: str) -> PluginError:
    """What is reported of an exception: its type and place, since its message may quote the prompt."""
    if isinstance(error, PluginError):
        return error
    return PluginError(
        f"{where} raised {type(error).__name__}{_last_line(error)}; nothing is sent. Repair the plugin, or "
        "block it with OBCLIP_PLUGINS_DENY"
    )


def _last_line(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def _span(finding: Finding | CueFinding, text: str, where: str) -> None:
    whole = all(isinstance(at, int) for at in (finding.start, finding.end))
    if not whole or not 0 <= finding.start < finding.end <= len(text):
        _wrong(
            where,
            "it gave a span outside the text, or an empty one",
            "offsets are those of the text that it was given, end exclusive",
        )
    if text[finding.start].isspace() or text[finding.end - 1].isspace():
        _wrong(where, "it gave a span with white space at an end", "leave white space out of the span")


def _each(things: object, kind: type[T], where: str) -> Sequence[T]:
    if not isinstance(things, (tuple, list)):
        _wrong(where, f"it gave {_shown(things)}", f"give a tuple or a list of {kind.__name__}")
    return [_typed(thing, kind, where) for thing in things]


def _of(things: Iterable[object], kind: type[T]) -> list[T]:
    return [thing for thing in things if isinstance(thing, kind)]


def _typed(thing: object, kind: type[T], where: str) -> T:
    if not isinstance(thing, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise PluginError(
            f"{where}: register() takes {article} {kind.__name__}, not {type_name(thing)}"
            if kind in (Attribute, CueDetector)
            else f"{where}: {type_name(thing)} is no {kind.__name__}"
        )
    return thing


def _callable(function: Any, where: str) -> Callable[..., Any]:
    if not callable(function):
        _wrong(where, f"{_shown(function)} is no function", "give a pure function")
    checked: Callable[..., Any] = function
    return checked


def _match(pattern: re.Pattern[str], value: object, where: str, what: str, wanted: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        _wrong(where, f"{what} is {_shown(value)}", f"it must be {wanted}")


def _wrong(where: str, what: str, remedy: str) -> NoReturn:
    raise PluginError(f"{where}: {what}; {remedy}")


def _shown(value: object) -> str:
    return quoted(value) if isinstance(value, str) else f"a {type_name(value)}"


def type_name(thing: object) -> str:
    """Module and name of the type of *thing*, for messages."""
    return f"{type(thing).__module__}.{type(thing).__qualname__}"
