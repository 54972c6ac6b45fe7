"""Presidio's recognisers as one pure function from a text to cues.

The recognisers are asked directly, without Presidio's engine: no language model is needed for those that
match patterns, and no word around a number changes its score, so what is found does not depend on values.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from obclip_presidio.settings import IMPERSONAL, kind_of
from obclip_privacy.attributes.base import CueFinding
from obclip_privacy.errors import PluginError

#: Presidio's recognisers that need nothing but patterns and check digits.
DEFAULT = (
    "CreditCardRecognizer",
    "CryptoRecognizer",
    "EmailRecognizer",
    "IbanRecognizer",
    "IpRecognizer",
    "PhoneRecognizer",
    "UrlRecognizer",
    "UsSsnRecognizer",
)
#: Findings that Presidio is less sure of are no cues; its own scale, 0 to 1.
MIN_SCORE = 0.4


@dataclass(frozen=True)
class Recognisers:
    """Finds entities. Pure: no state.

    Attributes:
        recognisers: Presidio's.
        entities: what stands in the place of each entity that is looked for.
        engine: Presidio's NLP engine for recognisers that need one, or ``None``.
    """

    recognisers: tuple[Any, ...]
    entities: Mapping[str, str]
    engine: Any = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of cue that it may report."""
        return tuple(sorted({kind_of(entity) for entity in self.entities}))

    def __call__(self, text: str) -> Sequence[CueFinding]:
        """The cues in a folded text, in text order; of two that overlap the longer, then the surer one."""
        artifacts = self.engine.process_text(text, "en") if self.engine else None
        names = list(self.entities)
        found = [
            result
            for recogniser in self.recognisers
            for result in recogniser.analyze(text, names, artifacts) or ()
            if result.score >= MIN_SCORE and result.entity_type in self.entities
        ]
        found.sort(key=lambda one: (one.start - one.end, -one.score, one.start, one.entity_type))
        kept: list[CueFinding] = []
        for result in found:
            start, end = _trimmed(text, result.start, result.end)
            if start < end and all(end <= one.start or one.end <= start for one in kept):
                kept.append(_cue(start, end, result.entity_type, self.entities[result.entity_type]))
        return tuple(sorted(kept, key=lambda one: one.start))


def load_recognisers(entities: Mapping[str, str], names: str, pipeline: str, where: str) -> Recognisers:
    """The recognisers in *names*, or the default ones.

    Args:
        entities: what stands in the place of each entity that is looked for.
        names: names of Presidio's classes, or ``module:Class``, separated by commas.
        pipeline: an installed spaCy pipeline (a package or a folder), or ``""``.
        where: name of the setting with *names*, for messages.

    Raises:
        PluginError: presidio-analyzer is not installed, or a recogniser or the pipeline is not there.
    """
    try:
        predefined = importlib.import_module("presidio_analyzer.predefined_recognizers")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "presidio_analyzer":
            raise
        raise PluginError(
            "obclip-presidio needs presidio-analyzer; try: pip install presidio-analyzer, or block the "
            "plugin: OBCLIP_PLUGINS_DENY=obclip-presidio"
        ) from None
    _stay_offline()
    chosen = [name.strip() for name in names.split(",") if name.strip()] or DEFAULT
    made = tuple(_recogniser(predefined, name, where) for name in chosen)
    supported = {entity for one in made for entity in one.supported_entities}
    lost = sorted(set(entities) - supported) if names else []
    if lost:
        raise PluginError(f"{where}: no recogniser of {', '.join(chosen)} finds {', '.join(lost)}; add one")
    return Recognisers(made, entities, _engine(pipeline) if pipeline else None)


def _recogniser(predefined: Any, name: str, where: str) -> Any:
    module, colon, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module) if colon else predefined, attribute or module)
    except (ImportError, AttributeError):
        raise PluginError(
            f"{where}: there is no recogniser '{name}'; give a class of presidio_analyzer, or module:Class"
        ) from None
    return found()


def _stay_offline() -> None:
    """Let the check of e-mail addresses use the list of domains that ships, and not the network."""
    tldextract = importlib.import_module("tldextract.tldextract")
    tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def _engine(name: str) -> Any:
    """Presidio's engine around an installed pipeline; Presidio itself would download a missing one."""
    import spacy

    nlp_engine = importlib.import_module("presidio_analyzer.nlp_engine")
    try:
        pipeline = spacy.load(name)
    except OSError as error:
        raise PluginError(f"OBCLIP_PRESIDIO_PIPELINE={name}: no such pipeline is installed") from error
    engine = nlp_engine.SpacyNlpEngine(models=[{"lang_code": "en", "model_name": name}])
    engine.nlp = {"en": pipeline}
    return engine


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space and without the punctuation that ends a sentence (web addresses)."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in ",.;:!?"):
        end -= 1
    return start, end


def _cue(start: int, end: int, entity: str, plain: str) -> CueFinding:
    reason = f"Presidio's {entity}"
    return CueFinding(start, end, "identity", kind_of(entity), reason, plain, alone=entity not in IMPERSONAL)
