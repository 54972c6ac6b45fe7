"""obclip-ner: offsets, windows, labels, and the ways in which a model is refused."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from obclip_privacy.attributes.base import CueDetector, CueFinding
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import PluginError
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.language.fold import fold
from obclip_privacy.plugins.manager import Candidate, builtin_candidates, collect
from obclip_privacy.policy.loader import load_policy

PACKAGE = Path(__file__).parents[2] / "plugins" / "obclip-ner"


@pytest.fixture(scope="module")
def ner() -> Iterator[ModuleType]:
    """The package's modules, importable meanwhile."""
    sys.path.insert(0, str(PACKAGE))
    yield importlib.import_module("obclip_ner.recogniser")
    sys.path.remove(str(PACKAGE))
    for name in [name for name in sys.modules if name.split(".")[0] == "obclip_ner"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def model(ner: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with a window of 32 tokens."""
    tiny = importlib.import_module("obclip_ner.tiny")
    made: Path = tiny.make_tiny_model(tmp_path_factory.mktemp("ner") / "model", window=32)
    return made


def load(ner: ModuleType, folder: Path, setting: str = "") -> object:
    labels = importlib.import_module("obclip_ner.labels").read_labels(setting, "OBCLIP_NER_LABELS")
    return ner.load_recogniser(str(folder), labels, "OBCLIP_NER_MODEL")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a photo of Wanjiru Kamau in Lodz", [("Wanjiru Kamau", "name"), ("Lodz", "place")]),
        ("Wanjiru Bohdan", [("Wanjiru", "name"), ("Bohdan", "name")]),
        ("İß 👍🏽 é — Tamsin’s café", [("Tamsin", "name")]),
        ("Ngozi,Sione", [("Ngozi", "name"), ("Sione", "name")]),
        ("(Quuxair:1.2)", [("Quuxair", "organisation")]),
        ("", []),
        ("   ", []),
        ("a bicycle", []),
    ],
)
def test_spans_are_those_of_the_text(
    ner: ModuleType, model: Path, text: str, found: list[tuple[str, str]]
) -> None:
    cues = load(ner, model)(fold(text))  # type: ignore[operator]
    assert [(text[cue.start : cue.end], cue.kind) for cue in cues] == found


def test_long_texts_go_through_in_overlapping_windows(ner: ModuleType, model: Path) -> None:
    recogniser = load(ner, model)
    for shift in range(0, 40, 3):
        text = "x " * shift + "a photo of Wanjiru Kamau, " * 30 + "x " * 500 + "in Lodz"
        found = recogniser(text)  # type: ignore[operator]
        words = [text[cue.start : cue.end] for cue in found]
        assert words == ["Wanjiru Kamau"] * 30 + ["Lodz"], shift


def test_windows_are_batched(ner: ModuleType, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recogniser = load(ner, model)
    sizes: list[int] = []
    forward = recogniser.model.forward  # type: ignore[attr-defined]

    def counted(*args: object, **more: object) -> object:
        sizes.append(more["input_ids"].shape[0])  # type: ignore[attr-defined]
        return forward(*args, **more)

    monkeypatch.setattr(recogniser.model, "forward", counted)  # type: ignore[attr-defined]
    recogniser("x " * 300)  # type: ignore[operator]
    # 300 tokens in windows of 30, each 8 back into the last: 14 windows, so two batches
    assert sizes == [8, 6]


def test_the_settings_say_what_labels_mean(ner: ModuleType, model: Path) -> None:
    recogniser = load(ner, model, "LOC=town:a town,PER=name")
    assert recogniser.kinds == ("name", "town")  # type: ignore[attr-defined]
    (town,) = recogniser("Lodz and Zorblatt")  # type: ignore[operator]
    assert (town.kind, town.generic, town.alone) == ("town", "a town", False)
    (name,) = recogniser("Sione")  # type: ignore[operator]
    assert (name.kind, name.generic, name.alone) == ("name", "a person", True)
    with pytest.raises(PluginError, match="'LOC' is not of the form LABEL=kind"):
        load(ner, model, "LOC")
    with pytest.raises(PluginError, match="none of its labels has a meaning; it has LOC, O, ORG, PER"):
        load(ner, model, "DATE=date")


def test_pickled_weights_are_refused(ner: ModuleType, model: Path, tmp_path: Path) -> None:
    pickled = shutil.copytree(model, tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(PluginError, match="no weights as safetensors; a pickled file can run code"):
        load(ner, pickled)


def test_what_is_no_such_model_is_refused(ner: ModuleType, model: Path, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="there is no such folder"):
        load(ner, tmp_path / "none")
    other = shutil.copytree(model, tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "architectures": ["BertModel"]}))
    with pytest.raises(PluginError, match="no token-classification model: BertModel"):
        load(ner, other)


def test_without_a_model_the_plugin_does_not_load(ner: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = importlib.import_module("obclip_ner.plugin")
    record = collect((*builtin_candidates(), Candidate("n", "n", "obclip-ner", "1", plugin=plugin))).plugins[
        -1
    ]
    assert "obclip-ner has no model; set OBCLIP_NER_MODEL" in record.reason
    assert record.status == "failed"


def test_a_model_that_reads_values_costs_a_refusal_and_never_privacy(ner: ModuleType, tmp_path: Path) -> None:
    """Here what is said of ``Lodz`` depends on whether the model knows the word for the person."""
    tiny = importlib.import_module("obclip_ner.tiny")
    recogniser = load(ner, tiny.make_tiny_model(tmp_path / "biased", {**tiny.WORDS, "woman": "B-ORG"}))

    def find(text: str) -> Sequence[CueFinding]:
        cues = recogniser(text)  # type: ignore[operator]
        return [cue for cue in cues if cue.kind == "place"] if len(cues) > 1 else []

    class Plugin:
        @hookimpl
        def register_cue_detectors(self, register: Callable[[CueDetector], None]) -> None:
            register(CueDetector("biased", find=find))

    registry = collect((*builtin_candidates(), Candidate("b", "b", "b", "1", plugin=Plugin())))
    for prompt in ("a woman in Lodz", "a man in Lodz"):
        found = Engine(load_policy("default"), registry).candidates(prompt)
        assert (found.status, found.candidates) == ("refused", ())
        assert "closure failed" in found.reason
