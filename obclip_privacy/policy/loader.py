"""Reads policies: from a name or a path to an immutable :class:`Policy`, or to all its problems at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import cast

from obclip_privacy.errors import PolicyError, Problem, quoted
from obclip_privacy.policy.attribute_checks import probability, value_id
from obclip_privacy.policy.frozen import FrozenMap, Json, freeze
from obclip_privacy.policy.json_source import MAX_BYTES, read_json
from obclip_privacy.policy.local import INLINE, LocalSource, inline_source, is_local, read_local
from obclip_privacy.policy.model import (
    AttributePolicy,
    CueAction,
    Guarantee,
    Limits,
    NegativePromptAction,
    OutOfDomain,
    Overflow,
    Policy,
    PolicyTest,
    Presence,
    Strategy,
    Value,
)
from obclip_privacy.policy.nearest import nearest
from obclip_privacy.policy.schema import schema_problems
from obclip_privacy.policy.semantics import check_own_ids, check_policy
from obclip_privacy.policy.shipped import policies_folder, shipped_names
from obclip_privacy.policy.tree import Tree, inherit
from obclip_privacy.policy.vocabulary import Vocabulary

#: Most policies in one chain of ``extends``.
MAX_CHAIN = 16
#: Most problems that are reported for one policy.
MAX_PROBLEMS = 100


def load_policy(name_or_path: str | Path, vocabulary: Vocabulary | None = None) -> Policy:
    """Load a shipped policy by its name, or a policy file by its path.

    Args:
        name_or_path: a name such as ``default``; anything with a slash or ending in ``.json`` is a path.
        vocabulary: what the policy may name; by default, what the installed plugins register.

    Raises:
        PolicyError: with every problem of the policy and of those that it extends.
        PluginError: the plugins cannot be collected.
    """
    path, shown = _locate(name_or_path)
    tree, problems = _resolve(path, shown, ())
    local = _local_sources(tree)
    known = _installed_vocabulary(local) if vocabulary is None else vocabulary
    problems = [*problems, *check_policy(tree, known), *_inline_problems(tree, known)]
    if problems:
        raise PolicyError(problems=_in_order(problems)[:MAX_PROBLEMS])
    return replace(_build(tree, known), local=local)


def _installed_vocabulary(local: tuple[LocalSource, ...]) -> Vocabulary:
    # not at the top: plugins build on attributes, which build on this package
    from obclip_privacy.plugins.vocabulary import installed_vocabulary

    return installed_vocabulary(local)


def _local_sources(tree: Tree) -> tuple[LocalSource, ...]:
    """The lexicons and plugins that the policy names by a path, and those that are written in it."""
    named = {item.scalar: item for item in tree.list("plugins") if isinstance(item.scalar, str)}
    files = [read_local(n, Path(at.source.file).parent) for n, at in named.items() if is_local(n)]
    written = [
        inline_source(entry.text("id") or "", json.dumps(lexicon.plain()).encode())
        for entry in tree.list("attributes")
        if (lexicon := entry.get("lexicon")) is not None
    ]
    return (*files, *written)


def _inline_problems(tree: Tree, vocabulary: Vocabulary) -> Iterable[Problem]:
    for entry in tree.list("attributes"):
        lexicon = entry.get("lexicon")
        against = vocabulary.plugins.get(f"{INLINE}{entry.text('id')}")
        if lexicon is not None and against:
            yield lexicon.problem(f"the lexicon cannot be used: {against}")


def is_path(name: str) -> bool:
    """Whether *name* is the path of a policy file, and not the name of a shipped policy."""
    return "/" in name or "\\" in name or name.endswith(".json")


def _locate(name_or_path: str | Path) -> tuple[Path, str]:
    """The file, and how messages call it."""
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or is_path(text):
        return Path(text), text
    if text in shipped_names(with_plugins=True):
        path = policies_folder() / f"{text}.json"
        return path, str(path)
    near = nearest(text, shipped_names())
    hint = f"did you mean '{near}'?" if near else f"there are: {', '.join(shipped_names())}"
    own = next((path for path in (f"./{text}", f"{text}.json") if _is_file(Path(path))), None)
    also = f" (a file of your own needs its path: {own})" if own else ""
    raise PolicyError(f"no shipped policy is named {quoted(text)}; {hint}{also}")


def _resolve(path: Path, shown: str, children: tuple[Path, ...]) -> tuple[Tree, list[Problem]]:
    """The policy at *path* with all that it inherits, and the problems of the single files."""
    source = read_json(_read(path, shown), shown)
    complaints = schema_problems(source)
    problems = [*source.problems, *complaints]
    tree = Tree.of(source, {problem.pointer for problem in complaints if problem.pointer})
    if not tree.is_object:
        raise PolicyError(problems=problems)
    problems.extend(check_own_ids(tree))
    base = tree.get("extends")
    if base is None or not isinstance(base.scalar, str):
        return tree, problems
    try:
        parent, found = _resolve_base(base, base.scalar, path, (*children, path.resolve()))
    except PolicyError as error:
        raise PolicyError(problems=_in_order([*problems, *error.problems])) from None
    return inherit(parent, tree), [*problems, *found]


def _resolve_base(base: Tree, name: str, child: Path, chain: tuple[Path, ...]) -> tuple[Tree, list[Problem]]:
    own = is_path(name)
    if own and (Path(name).is_absolute() or "\\" in name or ":" in name):
        raise _at(base, f"'extends' takes a shipped policy or a relative path with '/', not {quoted(name)}")
    if not own and name not in shipped_names(with_plugins=True):
        raise _at(base, f"no shipped policy is named {quoted(name)}", nearest(name, shipped_names()))
    path = child.parent / name if own else policies_folder() / f"{name}.json"
    if not _is_file(path):
        raise _at(base, f"there is no policy file {quoted(str(path))}")
    if path.resolve() in chain:
        raise _at(base, f"'extends' leads back to this policy: {_names([*chain, path.resolve()])}")
    if len(chain) >= MAX_CHAIN:
        raise _at(base, f"more than {MAX_CHAIN} policies extend one another")
    return _resolve(path, str(path), chain)


def _is_file(path: Path) -> bool:
    """Whether *path* is a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _names(chain: Iterable[Path]) -> str:
    return " -> ".join(path.name for path in chain)


def _at(tree: Tree, message: str, near: str | None = None) -> PolicyError:
    return PolicyError(problems=(tree.problem(message, near),))


def _read(path: Path, shown: str) -> bytes:
    """At most one byte more than may be read, so that a huge file costs nothing."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise PolicyError(f"there is no policy file {quoted(shown, 200)}") from None
    except ValueError:
        raise PolicyError(f"no file can be named {quoted(shown, 200)}") from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise PolicyError(f"the policy file {quoted(shown, 200)} cannot be read: {reason}") from None


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By file in the order of first mention, then by place; the same problem once."""
    unique = list(dict.fromkeys(problems))
    files = list(dict.fromkeys(problem.file for problem in unique))
    return sorted(unique, key=lambda item: (files.index(item.file), item.line, item.column, item.message))


def _build(tree: Tree, vocabulary: Vocabulary) -> Policy:
    """The model of a *tree* in which nothing is wrong."""
    cues = tree.get("cues")
    actions = {kind: CueAction(str(entry.scalar)) for kind, entry in cues.members.items()} if cues else {}
    return Policy(
        schema_version=1,
        name=tree.text("name") or "",
        description=tree.text("description") or "",
        plugins=tuple(dict.fromkeys(tree.strings("plugins"))),
        attributes=tuple(_build_attribute(entry, vocabulary) for entry in tree.list("attributes")),
        cues=FrozenMap(actions),
        negative_prompt=NegativePromptAction(tree.text("negative_prompt") or Policy.negative_prompt),
        limits=_build_limits(tree.get("limits")),
        guarantee=_build_guarantee(tree.get("guarantee")),
        tests=tuple(_build_test(test) for test in tree.list("tests")),
    )


def _build_attribute(entry: Tree, vocabulary: Vocabulary) -> AttributePolicy:
    identifier = entry.text("id") or ""
    names = vocabulary.attributes[identifier]
    options = entry.get("options")
    return AttributePolicy(
        id=identifier,
        strategy=_strategy(entry.text("strategy") or ""),
        values=tuple(
            Value(value_id(value) or "", value.strings("aliases"), probability(value.get("prior")))
            for value in entry.list("values")
        ),
        detectors=entry.strings("detectors") or names.detectors,
        generator=entry.text("generator") or names.generators[0],
        options=cast("Mapping[str, Json]", freeze(options.plain())) if options else FrozenMap(),
        out_of_domain=OutOfDomain(entry.text("out_of_domain") or OutOfDomain.NEUTRALISE),
        presence=Presence(entry.text("presence") or Presence.VISIBLE),
        description=entry.text("description") or "",
    )


def _strategy(name: str) -> Strategy | str:
    return name if ":" in name else Strategy(name)


def _integer(tree: Tree | None, key: str, default: int) -> int:
    member = tree.get(key) if tree else None
    return int(member.scalar) if member and isinstance(member.scalar, (int, float)) else default


def _build_limits(tree: Tree | None) -> Limits:
    default = Limits()
    return Limits(
        max_candidates=_integer(tree, "max_candidates", default.max_candidates),
        max_prompt_chars=_integer(tree, "max_prompt_chars", default.max_prompt_chars),
        overflow=Overflow((tree.text("overflow") if tree else None) or default.overflow),
    )


def _build_guarantee(tree: Tree | None) -> Guarantee:
    most = probability(tree.get("max_posterior")) if tree else None
    return Guarantee(
        min_n=_integer(tree, "min_n", Guarantee().min_n),
        max_posterior=Fraction(1) if most is None else most,
    )


def _build_test(test: Tree) -> PolicyTest:
    return PolicyTest(
        prompt=test.text("prompt") or "",
        n=_integer(test, "n", 1),
        candidates=test.strings("candidates") if "candidates" in test.members else None,
        withheld=test.strings("withheld") if "withheld" in test.members else None,
    )
