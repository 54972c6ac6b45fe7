"""A policy to start from: valid, explained by its descriptions, and with tests that hold."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from obclip_privacy.attributes.base import Attribute, Pos
from obclip_privacy.candidates.candidate_set import OK
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import BadInputError, quoted
from obclip_privacy.language.articles import article_for
from obclip_privacy.plugins.registry import Registry
from obclip_privacy.plugins.vocabulary import vocabulary_of
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import is_path, load_policy
from obclip_privacy.policy.model import AttributePolicy, Limits, Policy, Strategy
from obclip_privacy.policy.nearest import nearest

#: The policy whose domains are proposed for the attributes that it has.
MODEL = "default"
#: Attributes of a policy that extends nothing and is asked for none in particular.
USUAL = ("gender", "age", "ethnicity")
#: A domain with more values than this is neutralised: as many candidates would cost too much.
_MOST_ENUMERATED = 12
#: A set with more candidates than this is not written out in a test.
_MOST_LISTED = 6
#: A prompt of which nothing is hidden, whatever the policy.
_PLAIN = "a red bicycle leaning against a brick wall"
#: Prompts that state the built-in attributes, each alone and together.
_SAMPLES = (
    "portrait of a woman",
    "an elderly person in a garden",
    "a Black person reading",
    "a dark-skinned person by a window",
    "portrait of a young Asian man, smiling",
)

#: Descriptions of the entries, by the strategy that is proposed.
_WHY = {
    Strategy.ENUMERATE: "One prompt for each value. Keep the values that matter; their order is the "
    "order sent.",
    Strategy.NEUTRALISE: "One wording without the value: too many values to send them all. List those "
    "that matter.",
    Strategy.WITHHOLD: "The words stay on the device: no values are known to exchange them for.",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What the skeleton shall have.

    Attributes:
        name: of the policy.
        extends: policy to build on, as the file will name it, or ``""``.
        base: the same policy loaded, or ``None``.
        attributes: ids; with *extends* those to be overridden or added, without it all.
        schema: where an editor finds the schema, as the file will name it, or ``""``.
    """

    name: str
    extends: str
    base: Policy | None
    attributes: tuple[str, ...]
    schema: str


def skeleton(request: Request, registry: Registry, folder: Path) -> str:
    """The text of a policy file that is valid and whose tests hold.

    Args:
        request: what it shall have.
        registry: the plugins that it may use.
        folder: where it will be written; relative names in *request* are read from there.

    Raises:
        BadInputError: an attribute that no plugin registers.
        PolicyError: the result would not be a valid policy (a name that is none, for example).
    """
    chosen = tuple(dict.fromkeys(request.attributes or (() if request.base else USUAL)))
    for name in chosen:
        if name not in registry.attributes:
            near = nearest(name, registry.attributes)
            hint = f"did you mean '{near}'?" if near else f"there are: {', '.join(registry.attributes)}"
            raise BadInputError(f"no plugin registers the attribute {quoted(name)}; {hint}")
    document: dict[str, Json] = {"$schema": request.schema} if request.schema else {}
    document |= {"schema_version": 1, "name": request.name, "description": _description(request, chosen)}
    if request.extends:
        document["extends"] = request.extends
    entries = [_entry(registry.attributes[name], request.base) for name in chosen]
    if entries or not request.extends:
        document["attributes"] = entries
    document |= {
        "cues": {"*": "withhold"},
        "negative_prompt": "withhold",
        "limits": {"max_candidates": Limits().max_candidates, "overflow": "neutralise"},
        "guarantee": {"min_n": 1},
    }
    if request.base is not None:
        # what the extended policy says of these stays; a guarantee of its own is not weakened
        for key in ("cues", "negative_prompt", "limits", "guarantee"):
            del document[key]
    engine = Engine(_loaded(document, registry, folder), registry)
    document["tests"] = list(_tests(engine, registry, chosen))
    return _text(document)


def _description(request: Request, chosen: Sequence[str]) -> str:
    what = f"what '{request.extends}' hides" if request.extends else ""
    names = ", ".join(chosen)
    both = " and ".join(filter(None, (what, names)))
    return f"Hides {both}. Say here for whom the policy is, and why it decides as it does."


def _entry(attribute: Attribute, base: Policy | None) -> dict[str, Json]:
    """One attribute, as the base treats it; else with the domain of the model policy or of the lexicon."""
    inherited = base.attribute(attribute.id) if base else None
    known = inherited or load_policy(MODEL).attribute(attribute.id)
    if known is not None and known.values:
        values: list[Json] = [_value(known, index) for index in range(len(known.values))]
    else:
        values = list(attribute.value_ids)
    if inherited is not None and inherited.strategy is not Strategy.KEEP:
        strategy: Strategy | str = inherited.strategy
        why = f"As in '{base.name if base else ''}'; change what shall differ."
        values = values if inherited.values else []
    else:
        strategy = proposed = _proposed(len(values))
        why = _WHY[proposed]
    entry: dict[str, Json] = {"id": attribute.id, "description": why, "strategy": str(strategy)}
    return {**entry, "values": values} if len(values) > 1 else entry


def _proposed(size: int) -> Strategy:
    """The strategy for a domain of *size* values."""
    if size < 2:
        return Strategy.WITHHOLD
    return Strategy.NEUTRALISE if size > _MOST_ENUMERATED else Strategy.ENUMERATE


def _value(policy: AttributePolicy, index: int) -> Json:
    value = policy.values[index]
    entry: dict[str, Json] = {"id": value.id}
    if value.aliases:
        entry["aliases"] = list(value.aliases)
    if value.prior is not None:
        entry["prior"] = str(value.prior) if value.prior.denominator > 1 else int(value.prior)
    return entry if len(entry) > 1 else value.id


def _loaded(document: dict[str, Json], registry: Registry, folder: Path) -> Policy:
    """The policy as it will be loaded from *folder*; nothing is written there."""
    with tempfile.TemporaryDirectory() as elsewhere:
        extends = document.get("extends")
        if isinstance(extends, str) and is_path(extends):
            moved = os.path.relpath((folder / extends).resolve(), Path(elsewhere).resolve())
            document = {**document, "extends": Path(moved).as_posix()}
        file = Path(elsewhere) / "policy.json"
        file.write_text(_text(document), encoding="utf-8")
        return load_policy(file, vocabulary_of(registry))


def _tests(engine: Engine, registry: Registry, named: Sequence[str]) -> Iterator[dict[str, Json]]:
    """One test for each kind of prompt that states something, and one for a prompt that states nothing."""
    seen: set[tuple[str, ...]] = set()
    stating = [text for name in named if (text := _stating(registry.attributes[name]))]
    for prompt in (*_SAMPLES, *stating):
        found = engine.candidates(prompt)
        stated = tuple(report.attribute for report in found.attributes if report.values)
        if found.status != OK or found.n < 2 or stated in seen:
            continue
        seen.add(stated)
        test: dict[str, Json] = {"prompt": prompt, "n": found.n}
        if found.n_sent <= _MOST_LISTED:
            test["candidates"] = list(found.candidates)
        if found.withheld:
            test["withheld"] = [span.text for span in found.withheld]
        yield test
    yield {"prompt": _PLAIN, "n": 1, "candidates": [_PLAIN], "withheld": []}


def _stating(attribute: Attribute) -> str:
    """A prompt that states a value of an attribute that the samples may not have; ``""`` if none is known."""
    for cls in attribute.lexicon.classes:
        if cls.pos is Pos.ADJECTIVE and not cls.detected and not cls.only_before and cls.forms:
            word = cls.forms[min(cls.forms)][0]
            return f"portrait of {article_for(word, capital=False, upper=False)} {word} person"
    return ""


def _text(document: dict[str, Json]) -> str:
    """JSON as people write it: short things on one line."""
    return "\n".join(_lines(document, "", 0)) + "\n"


_WIDTH = 110


def _lines(value: Json, lead: str, depth: int) -> list[str]:
    indent = "  " * depth
    short = f"{indent}{lead}{json.dumps(value, ensure_ascii=False)}"
    members: list[tuple[str, Json]] = []
    if isinstance(value, Mapping):
        members = [(f"{json.dumps(key)}: ", item) for key, item in value.items()]
    elif isinstance(value, Sequence) and not isinstance(value, str):
        members = [("", item) for item in value]
    if not members or (depth > 0 and len(short) <= _WIDTH):
        return [short]
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    body: list[str] = []
    for number, (name, item) in enumerate(members, 1):
        inner = _lines(item, name, depth + 1)
        body += [*inner[:-1], inner[-1] + ("," if number < len(members) else "")]
    return [f"{indent}{lead}{opening}", *body, f"{indent}{closing}"]
