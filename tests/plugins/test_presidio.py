"""obclip-presidio: its settings, recognisers of others, and that it says what is missing."""

from __future__ import annotations

import importlib
import importlib.util
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest

from obclip_privacy.errors import PluginError

PACKAGE = Path(__file__).parents[2] / "plugins" / "obclip-presidio"
INSTALLED = importlib.util.find_spec("presidio_analyzer") is not None
needs_presidio = pytest.mark.skipif(not INSTALLED, reason="presidio-analyzer is not installed")
OWN = """\
import re
from presidio_analyzer import EntityRecognizer, RecognizerResult

class BadgeRecognizer(EntityRecognizer):
    def __init__(self):
        super().__init__(supported_entities=["BADGE"])
    def load(self):
        pass
    def analyze(self, text, entities, nlp_artifacts=None):
        return [RecognizerResult("BADGE", m.start(), m.end(), 0.9) for m in re.finditer(r"B-[0-9]{4}", text)]
"""


@pytest.fixture
def recognisers() -> Iterator[ModuleType]:
    """The package's module, importable meanwhile."""
    sys.path.insert(0, str(PACKAGE))
    yield importlib.import_module("obclip_presidio.recognisers")
    sys.path.remove(str(PACKAGE))
    for name in [name for name in sys.modules if name.split(".")[0] == "obclip_presidio"]:
        del sys.modules[name]


def load(module: ModuleType, entities: str = "", names: str = "", pipeline: str = "") -> object:
    settings = importlib.import_module("obclip_presidio.settings")
    return module.load_recognisers(settings.read_entities(entities, "ENTITIES"), names, pipeline, "NAMES")


def found(recogniser: object, text: str) -> list[tuple[str, str, str]]:
    cues = recogniser(text)  # type: ignore[operator]
    return [(text[cue.start : cue.end], cue.kind, cue.generic) for cue in cues]


@pytest.mark.skipif(INSTALLED, reason="presidio-analyzer is installed")
def test_without_presidio_it_says_what_to_install(recognisers: ModuleType) -> None:
    with pytest.raises(PluginError, match="needs presidio-analyzer; try: pip install presidio-analyzer"):
        load(recognisers)


@pytest.mark.parametrize("setting", ["email", "EMAIL_ADDRESS=a=b", "EMAIL_ADDRESS;URL"])
def test_a_malformed_setting_is_named(recognisers: ModuleType, setting: str) -> None:
    with pytest.raises(PluginError, match=r"ENTITIES: '.*' is not of the form ENTITY or ENTITY=word"):
        load(recognisers, setting)


@needs_presidio
@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("mail a.b@example.org, now", [("a.b@example.org", "email-address", "an e-mail address")]),
        ("see https://example.org/a?b=c.", [("https://example.org/a?b=c", "url", "a web address")]),
        ("İß 👍 at 192.168.0.1", [("192.168.0.1", "ip-address", "an IP address")]),
        ("card 4111 1111 1111 1111", [("4111 1111 1111 1111", "credit-card", "a card number")]),
        ("card 4111 1111 1111 1112", []),
        ("a red bicycle", []),
    ],
)
def test_what_patterns_find(recognisers: ModuleType, text: str, spans: list[tuple[str, str, str]]) -> None:
    assert found(load(recognisers), text) == spans


@needs_presidio
def test_entities_and_their_plain_words_are_a_setting(recognisers: ModuleType) -> None:
    recogniser = load(recognisers, "EMAIL_ADDRESS=an address,IP_ADDRESS=")
    assert recogniser.kinds == ("email-address", "ip-address")  # type: ignore[attr-defined]
    text = "a@example.org at 10.0.0.1, call 212-555-0123"
    assert found(recogniser, text) == [
        ("a@example.org", "email-address", "an address"),
        ("10.0.0.1", "ip-address", ""),
    ]


@needs_presidio
def test_any_recogniser_can_be_named(
    recognisers: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "badges.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    recogniser = load(recognisers, "BADGE=a badge,EMAIL_ADDRESS", "badges:BadgeRecognizer,EmailRecognizer")
    assert found(recogniser, "B-1234 and a@example.org")[0] == ("B-1234", "badge", "a badge")
    with pytest.raises(PluginError, match="there is no recogniser 'badges:None'"):
        load(recognisers, "BADGE", "badges:None")
    with pytest.raises(PluginError, match="no recogniser of EmailRecognizer finds BADGE; add one"):
        load(recognisers, "BADGE", "EmailRecognizer")


@needs_presidio
def test_a_pipeline_for_those_that_need_one(recognisers: ModuleType, tmp_path: Path) -> None:
    import spacy

    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "GPE", "pattern": "zzyzx"}])  # type: ignore[attr-defined]
    pipeline.to_disk(tmp_path / "pipeline")
    recogniser = load(recognisers, "LOCATION", "SpacyRecognizer", str(tmp_path / "pipeline"))
    assert found(recogniser, "a nurse in zzyzx") == [("zzyzx", "location", "a place")]
    with pytest.raises(PluginError, match="no such pipeline is installed"):
        load(recognisers, "LOCATION", "SpacyRecognizer", "no_such_pipeline")


@needs_presidio
def test_nothing_is_asked_of_the_network(recognisers: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert found(load(recognisers), "mail a@example.co.uk")[0][1] == "email-address"
