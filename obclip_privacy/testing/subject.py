"""What is checked: the plugin with the built-in ones, policies for it, and sentences with its words."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from obclip_privacy.attributes.base import Attribute, Band, Extension, LexemeClass, Pos
from obclip_privacy.attributes.safety import band_of
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import PluginError
from obclip_privacy.plugins.local import load_local
from obclip_privacy.plugins.manager import Candidate, builtin_candidates, collect, installed_candidates
from obclip_privacy.plugins.registry import PluginStatus, Registry
from obclip_privacy.policy.frozen import FrozenMap
from obclip_privacy.policy.local import read_local
from obclip_privacy.policy.model import AttributePolicy, Limits, Policy, Strategy, Value

#: Domains up to this size are enumerated whole, larger ones in blocks.
MAX_ENUMERATED = 12
BLOCK_SIZE = 8

#: Sentences for each part of speech; ``{}`` is the form. The first is the plain one.
FRAMES = {
    Pos.NOUN: ("a photo of a {}", "A {}, smiling", "the {} and a dog", "portrait of an old {}, 8k"),
    Pos.ADJECTIVE: ("a {} person", "a {} woman and her dog", "the man is {}", "woman, {}, solo"),
    Pos.PHRASE: ("a person {}", "a woman {}, smiling"),
    Pos.TITLE: ("{} Smith",),
}
PLURAL_FRAMES = ("two {}", "{} in a park")


@dataclass(frozen=True)
class Subject:
    """A plugin under test.

    Attributes:
        candidate: the plugin.
        registry: the built-in plugins and it.
        folder: where its files are, or ``None``.
    """

    candidate: Candidate
    registry: Registry
    folder: Path | None

    @property
    def name(self) -> str:
        """Name of the plugin."""
        return self.candidate.name

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The attributes that it registers, and of those that it extends what it adds."""
        owners, attributes = self.registry.owners, self.registry.attributes
        added = (
            _added(attributes[extension.attribute], extension)
            for name, extension in self.registry.extensions.items()
            if owners["extension", name] == self.name
        )
        return (*(a for name, a in attributes.items() if owners["attribute", name] == self.name), *added)

    @property
    def finders(self) -> tuple[tuple[str, Callable[[str], Sequence[object]]], ...]:
        """Its functions that look at a prompt, by a name for messages."""
        own = [(f"{a.id}.{d.name}", d.find) for a in self.attributes for d in a.detectors]
        owners = self.registry.owners
        cues = [
            (name, d.find)
            for name, d in self.registry.cue_detectors.items()
            if owners["cue detector", name] == self.name and d.find is not None
        ]
        return (*own, *cues)

    def engine(self, attribute: Attribute | None, strategy: Strategy | None = None) -> Engine:
        """An engine whose policy hides gender and *attribute*, with every value of its lexicon."""
        return Engine(policy_for(attribute, strategy), self.registry)


def _added(whole: Attribute, extension: Extension) -> Attribute:
    """What *extension* brings to the attribute *whole*, with the functions that are checked."""
    ours = {part.name for part in extension.detectors} | {part.name for part in extension.generators}
    return Attribute(
        whole.id,
        whole.title,
        extension.lexicon,
        tuple(detector for detector in whole.detectors if detector.name in ours),
        tuple(generator for generator in whole.generators if generator.name in ours),
    )


def find_subject(plugin: object) -> Subject:
    """The plugin that *plugin* names or is.

    Raises:
        PluginError: there is no such plugin, or it does not load; with its traceback.
    """
    candidate, folder = _candidate(plugin)
    registry = collect((*builtin_candidates(), candidate))
    record = next(record for record in registry.plugins if record.name == candidate.name)
    if record.status is not PluginStatus.LOADED:
        raise PluginError(f"{record.reason}\n{record.traceback}".rstrip())
    return Subject(candidate, registry, folder)


def _candidate(plugin: object) -> tuple[Candidate, Path | None]:
    if isinstance(plugin, Path) or (isinstance(plugin, str) and _is_path(plugin)):
        return _from_path(Path(plugin))
    if isinstance(plugin, str):
        found = [c for c in installed_candidates() if plugin in (c.name, c.distribution, c.module)]
        if found:
            module = found[0].module.partition(":")[0]
            return found[0], _folder_of(importlib.util.find_spec(module))
        try:
            plugin = importlib.import_module(plugin)
        except ModuleNotFoundError as error:
            if error.name is not None and f"{plugin}.".startswith(f"{error.name}."):
                raise PluginError(
                    f"'{plugin}' is no installed plugin, no module and no file; install it, or give a path"
                ) from None
            raise
    if isinstance(plugin, ModuleType):
        name = plugin.__name__.partition(".")[0].replace("_", "-")
        return Candidate(name, plugin.__name__, name, "", plugin=plugin), _folder_of(plugin.__spec__)
    name = type(plugin).__name__.lower()
    return Candidate(name, name, "under test", "", plugin=plugin), None


def _from_path(path: Path) -> tuple[Candidate, Path | None]:
    if (path / "pyproject.toml").is_file():
        return _candidate(_project_module(path))
    source = read_local(str(path), Path(), trusted=True)
    resolved = Path(source.path)
    name = resolved.stem.replace("_", "-")
    loader = functools.partial(load_local, source)
    candidate = Candidate(name, source.path, name, "", loader=loader, local=True)
    return candidate, resolved if resolved.is_dir() else resolved.parent


def _project_module(folder: Path) -> ModuleType:
    """The plugin module of the package that is developed in *folder*, installed or not."""
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8")).get("project", {})
    points = project.get("entry-points", {}).get("obclip", {})
    if not points:
        raise PluginError(
            f"{folder}/pyproject.toml names no plugin; add [project.entry-points.obclip] with NAME = MODULE"
        )
    sys.path.insert(0, str(folder.resolve()))
    try:
        return importlib.import_module(str(next(iter(points.values()))).partition(":")[0])
    finally:
        sys.path.remove(str(folder.resolve()))


def _is_path(text: str) -> bool:
    return "/" in text or text.endswith((".py", ".json", ".toml")) or Path(text).is_dir()


def _folder_of(spec: object) -> Path | None:
    origin = getattr(spec, "origin", None)
    return Path(origin).parent if isinstance(origin, str) and Path(origin).is_file() else None


def policy_for(attribute: Attribute | None, strategy: Strategy | None = None) -> Policy:
    """A policy that hides the gender and, if given, all values of *attribute*."""
    gender = AttributePolicy(
        "gender",
        Strategy.ENUMERATE,
        (Value("female"), Value("male")),
        ("gender",),
        "gender",
    )
    attributes = [gender]
    if attribute is not None and attribute.value_ids and attribute.id != "gender":
        large = len(attribute.value_ids) > MAX_ENUMERATED
        attributes.insert(
            0,
            AttributePolicy(
                attribute.id,
                strategy or (Strategy.BLOCK if large else Strategy.ENUMERATE),
                tuple(Value(value) for value in attribute.value_ids),
                (attribute.id,),
                attribute.generators[0].name if attribute.generators else attribute.id,
                FrozenMap({"block_size": BLOCK_SIZE}) if large and strategy is None else FrozenMap(),
            ),
        )
    return Policy(1, "conformance", "", (), tuple(attributes), FrozenMap(), limits=Limits(4096))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with one form of a class in it.

    Attributes:
        text: the sentence.
        start: offset of the form.
        form: the form as it stands.
        cls: its class.
        value: its value.
        index: index of the form in its class.
        frame: the sentence with ``{}`` for the form.
    """

    text: str
    start: int
    form: str
    cls: LexemeClass
    value: str
    index: int
    frame: str


def sentences(attribute: Attribute, *, plain: bool = False) -> Iterator[Sentence]:
    """Every form of every class in its frames (in the first frame only if *plain*)."""
    for cls in attribute.lexicon.classes:
        if cls.pos is Pos.PRONOUN or cls.detected:
            continue
        for value, row in sorted(cls.forms.items()):
            if attribute.id == "age" and band_of("age", value) is Band.MINOR:
                continue
            for index, form in enumerate(row):
                frames = PLURAL_FRAMES if index else FRAMES[cls.pos]
                for frame in frames[: 1 if plain else None]:
                    yield _sentence(frame, form, cls, value, index)


def _sentence(frame: str, form: str, cls: LexemeClass, value: str, index: int) -> Sentence:
    if cls.only_before:
        frame = frame.replace("{}", "{} " + sorted(cls.only_before)[0])
    start = frame.index("{}")
    shown = form[:1].upper() + form[1:] if start == 0 and frame[0] == "{" else form
    return Sentence(frame.replace("{}", shown), start, shown, cls, value, index, frame)
