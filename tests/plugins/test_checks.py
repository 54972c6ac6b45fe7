"""What plugins register and return is checked; the message names plugin, hook, value and remedy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from obclip_privacy.attributes.base import (
    Attribute,
    CueDetector,
    CueFinding,
    CuePos,
    CueTerm,
    Detector,
    Finding,
    LexemeClass,
    Lexicon,
    Pos,
    SlotPart,
    Word,
)
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import PluginError
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.plugins.manager import Candidate, builtin_candidates, collect, load_plugins
from obclip_privacy.plugins.registry import PluginStatus, Registry
from obclip_privacy.policy.frozen import FrozenMap
from obclip_privacy.testing.subject import policy_for

FORMS = {"one": ("one-armed",), "two": ("two-armed",)}


def cls(name: str = "arms.adjective", forms: object = FORMS, **more: object) -> LexemeClass:
    fields = {"attribute": "arms", "pos": Pos.ADJECTIVE, "neutral": ("",), **more}
    return LexemeClass(name, forms=FrozenMap(forms), **fields)  # type: ignore[arg-type]


def registry_with(attribute: object = None, cue_detector: object = None) -> Registry:
    class Plugin:
        @hookimpl
        def register_attributes(self, register: Callable[[object], None]) -> None:
            if attribute is not None:
                register(attribute)

        @hookimpl
        def register_cue_detectors(self, register: Callable[[object], None]) -> None:
            if cue_detector is not None:
                register(cue_detector)

    return collect((*builtin_candidates(), Candidate("mine", "mine", "dist-mine", "1", plugin=Plugin())))


def reason(registry: Registry) -> str:
    record = registry.plugins[-1]
    assert record.status is PluginStatus.FAILED
    return record.reason


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ((cls("legs.adjective"),), "its id must be 'arms.' and a name"),
        ((cls(attribute="legs"),), "its attribute is 'legs'; it must be 'arms'"),
        ((cls(base="arms.none"),), "its base 'arms.none' is no class"),
        ((cls(forms={"One": ("x",), "two": ("y",)}),), "the value 'One' must be in lower case"),
        ((cls(forms={"one": ("x", "y"), "two": ("z",)}),), "'one' has 2 forms; a adjective has 1"),
        ((cls(forms={"one": ("same",), "two": ("Same",)}),), "no form may have two values"),
        ((cls(forms={"one": ("Capital",), "two": ("small",)}),), "the letter case would tell"),
        ((cls(forms={"one": (" x",), "two": ("y",)}),), "without white space around it"),
        ((cls(forms={"one": ("x\ny",), "two": ("y",)}),), "has control characters"),
        ((cls(forms={"one": ("x",)}),), "a domain of 1 value(s) hides nothing"),
        (
            (cls(), cls("arms.phrase", {"one": ("with one arm",)}, pos=Pos.PHRASE)),
            "class 'arms.phrase' is not parallel: it has no form for 'two'",
        ),
        ((cls(forms={"one": ("boyish kid",), "two": ("two-armed",)}),), "adults and minors are never"),
        ((cls(forms={"one": ("teenage",), "two": ("child",)}),), "mark it with band 'minor'"),
        ((cls(), cls()), "two lexeme classes have one id"),
    ],
)
def test_a_broken_class_is_named(classes: tuple[LexemeClass, ...], message: str) -> None:
    found = reason(registry_with(Attribute("arms", "Arms", Lexicon(classes))))
    assert "plugin 'mine', register_attributes: attribute 'arms'" in found
    assert message in found


def test_words_cues_and_names_are_checked() -> None:
    word = Word(("armless",), ((SlotPart("arms.adjective", "none"),),), Pos.ADJECTIVE)
    assert "reads <arms.adjective=none>, but the lexicon has no such class or value" in reason(
        registry_with(Attribute("arms", "Arms", Lexicon((cls(),), (word,))))
    )
    term = CueTerm(("sling",), CuePos.NOUN, "arms", "Bad Kind", "x")
    assert "its kind 'Bad Kind' must be in lower case" in reason(
        registry_with(cue_detector=CueDetector("slings", (term,)))
    )
    assert "its id is 'Arms'; it must be lower case" in reason(
        registry_with(Attribute("Arms", "Arms", Lexicon()))
    )
    same = (Detector("a", lambda text: ()), Detector("a", lambda text: ()))
    assert "the name 'a' is taken" in reason(
        registry_with(Attribute("arms", "Arms", Lexicon((cls(),)), same))
    )
    assert "is no Lexicon" in reason(registry_with(Attribute("arms", "Arms", None)))  # type: ignore[arg-type]


def raises(text: str) -> tuple[Finding, ...]:
    raise ValueError(f"secret words: {text}")


@pytest.mark.parametrize(
    ("find", "message"),
    [
        (raises, r"detector 'found' raised ValueError at .*test_checks.py:\d+; nothing is sent"),
        (lambda text: None, r"it gave a builtins.NoneType; give a tuple or a list of Finding"),
        (lambda text: ["x"], r"builtins.str is no Finding"),
        (lambda text: [Finding(5, 2, "arms.adjective", "one")], "a span outside the text, or an empty one"),
        (lambda text: [Finding(0, 999, "arms.adjective", "one")], "a span outside the text"),
        (lambda text: [Finding(0, 2, "arms.adjective", "one")], "white space at an end"),
        (lambda text: [Finding(0, 1, "arms.adjective", "three")], "it gave the value 'three' of class"),
        (lambda text: [Finding(0, 1, "gender.noun", "one")], "it must name a class of its own attribute"),
    ],
)
def test_what_a_detector_returns_is_checked(find: Callable[..., object], message: str) -> None:
    attribute = Attribute("arms", "Arms", Lexicon((cls(),)), (Detector("found", find),))  # type: ignore[arg-type]
    registry = registry_with(attribute)
    engine = Engine(policy_for(registry.attributes["arms"]), registry)
    with pytest.raises(PluginError, match=message) as caught:
        engine.candidates("a secret person")
    assert "plugin 'mine', register_attributes: attribute 'arms', detector 'found'" in str(caught.value)
    assert "secret person" not in str(caught.value)


def test_what_a_cue_detector_returns_is_checked() -> None:
    def find(text: str) -> list[CueFinding]:
        return [CueFinding(0, 1, "arms", "Not A Kind", "x")]

    registry = registry_with(cue_detector=CueDetector("slings", find=find))
    with pytest.raises(PluginError, match="plugin 'mine', register_cue_detectors: cue detector 'slings'"):
        Engine(policy_for(None), registry).candidates("a person")


def test_the_builtin_plugins_keep_the_contract_too() -> None:
    assert all(record.status is PluginStatus.LOADED for record in load_plugins().plugins if record.builtin)
