"""What must hold for a policy as a whole, beyond the schema, after ``extends`` is resolved."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from obclip_privacy.errors import Problem, quoted
from obclip_privacy.policy.attribute_checks import (
    check_attribute,
    hides,
    probability,
    value_names,
)
from obclip_privacy.policy.model import Limits, Strategy
from obclip_privacy.policy.nearest import nearest
from obclip_privacy.policy.tree import Tree
from obclip_privacy.policy.vocabulary import AgeBand, Vocabulary


def check_policy(policy: Tree, vocabulary: Vocabulary) -> tuple[Problem, ...]:
    """Every problem of the resolved *policy* that the schema cannot see."""
    return tuple(_problems(policy, vocabulary))


def check_own_ids(document: Tree) -> Iterator[Problem]:
    """Attributes that one file lists twice; must be asked before ``extends`` is resolved."""
    seen: set[str] = set()
    for entry in document.list("attributes"):
        identifier = entry.text("id")
        if identifier in seen:
            yield (entry.get("id") or entry).problem(f"the attribute '{identifier}' is listed twice")
        if identifier is not None:
            seen.add(identifier)


def _problems(policy: Tree, vocabulary: Vocabulary) -> Iterator[Problem]:
    yield from _check_plugins(policy, vocabulary)
    if "attributes" not in policy.members:
        yield policy.problem("the key 'attributes' is missing, and no extended policy states it")
    for entry in policy.list("attributes"):
        identifier = entry.text("id")
        if identifier is None:
            continue
        names = vocabulary.attributes.get(identifier)
        if names is None:
            yield (entry.get("id") or entry).problem(
                f"no plugin registers the attribute '{identifier}'; install one that does",
                nearest(identifier, vocabulary.attributes),
            )
        else:
            yield from check_attribute(entry, names)
            yield from _check_strategy(entry, vocabulary)
    yield from _check_claims(policy)
    yield from _check_cues(policy, vocabulary)
    yield from _check_limits(policy, vocabulary)
    yield from _check_guarantee(policy, vocabulary)
    yield from _check_tests(policy)


def _check_plugins(policy: Tree, vocabulary: Vocabulary) -> Iterator[Problem]:
    for item in policy.list("plugins"):
        name = item.scalar
        if not isinstance(name, str):
            continue
        against = vocabulary.plugins.get(name)
        if against is None:
            yield item.problem(
                f"the plugin {quoted(name)} is not installed; try: pip install {name}",
                nearest(name, vocabulary.plugins, cutoff=0.85),
            )
        elif against:
            yield item.problem(f"the plugin {quoted(name)} cannot be used: {against}")


def _check_strategy(entry: Tree, vocabulary: Vocabulary) -> Iterator[Problem]:
    """A strategy of a plugin is registered."""
    name = entry.text("strategy")
    if name is not None and ":" in name and name not in vocabulary.strategies:
        known = ", ".join(f"'{one}'" for one in vocabulary.strategies) or "none"
        yield (entry.get("strategy") or entry).problem(
            f"no plugin registers the strategy {quoted(name)}; registered: {known}",
            nearest(name, vocabulary.strategies),
        )


def _check_claims(policy: Tree) -> Iterator[Problem]:
    """A name belongs to one attribute only, so that a mention is never two things at once."""
    owners: dict[str, str] = {}
    for entry in policy.list("attributes"):
        identifier = entry.text("id")
        if identifier is None or entry.text("strategy") == Strategy.KEEP:
            continue
        for value in entry.list("values"):
            for name, place in value_names(value):
                owner = owners.setdefault(name, identifier)
                if owner != identifier:
                    yield place.problem(
                        f"the value '{name}' is claimed by two attributes, '{owner}' and '{identifier}'"
                    )


def _check_cues(policy: Tree, vocabulary: Vocabulary) -> Iterator[Problem]:
    cues = policy.get("cues")
    if cues is None:
        return
    for kind, action in cues.members.items():
        if kind == "*" or kind in vocabulary.cue_kinds or action.broken:
            continue
        near = nearest(kind, vocabulary.cue_kinds)
        if vocabulary.open_cue_kinds and near is None:
            continue  # a plugin may report it; what is that near to a known kind is a slip
        yield action.problem(
            f"nothing detects cues of the kind {quoted(kind)}; there are "
            + ", ".join(f"'{known}'" for known in vocabulary.cue_kinds),
            near,
            at_key=True,
        )


def _max_candidates(policy: Tree) -> int:
    limits = policy.get("limits")
    stated = limits.get("max_candidates") if limits else None
    return stated.scalar if stated and isinstance(stated.scalar, int) else Limits().max_candidates


def _check_limits(policy: Tree, vocabulary: Vocabulary) -> Iterator[Problem]:
    """One attribute alone must fit, or every prompt that states it would overflow."""
    most = _max_candidates(policy)
    for entry in policy.list("attributes"):
        domain = entry.get("values")
        if domain is None or entry.text("strategy") not in (Strategy.ENUMERATE, Strategy.GENERALISE):
            continue
        together = max((len(group) for group in _groups(entry, vocabulary)), default=0)
        if together > most:
            yield domain.problem(
                f"a set must exceed its limit: '{entry.text('id')}' has {together} values, "
                f"'max_candidates' is {most}; raise it, or use the strategy 'block' or 'neutralise'"
            )


def _check_guarantee(policy: Tree, vocabulary: Vocabulary) -> Iterator[Problem]:
    """The guarantee can be met at least by a prompt that states every attribute of one person."""
    guarantee = policy.get("guarantee")
    if guarantee is None or any(item.broken for item in policy.list("attributes")):
        return
    hiding = [
        entry
        for entry in policy.list("attributes")
        if hides(entry.text("strategy")) or entry.text("strategy") == Strategy.WITHHOLD
    ]
    best_n = math.prod(_set_size(entry, vocabulary) for entry in hiding)
    min_n = guarantee.get("min_n")
    if min_n and isinstance(min_n.scalar, int) and min_n.scalar > best_n:
        yield min_n.problem(
            f"a guarantee that cannot be met: a prompt about one person reaches n = {best_n} at most, "
            f"not {min_n.scalar}"
        )
    most = guarantee.get("max_posterior")
    wanted = probability(most)
    best = math.prod((_best_guess(entry, vocabulary) for entry in hiding), start=Fraction(1))
    if most and wanted is not None and wanted > 1:
        yield most.problem(f"a probability is at most 1, not {wanted}")
    if most and wanted is not None and wanted < best:
        yield most.problem(
            f"a guarantee that cannot be met: the best guess about one person is right with "
            f"probability {best} or more, not {wanted}"
        )


def _groups(entry: Tree, vocabulary: Vocabulary) -> list[list[Tree]]:
    """The values of the domain that may stand for one another: adults and minors apart."""
    names = vocabulary.attributes.get(entry.text("id") or "")
    groups: dict[AgeBand | None, list[Tree]] = {}
    for value in entry.list("values"):
        bands = [names.bands.get(name) for name, _ in value_names(value)] if names else []
        groups.setdefault(next((band for band in bands if band), None), []).append(value)
    return list(groups.values())


def _set_size(entry: Tree, vocabulary: Vocabulary) -> int:
    """Most values that one value of the attribute can hide among."""
    sizes = [len(group) for group in _groups(entry, vocabulary)] or [1]
    options = entry.get("options")
    if entry.text("strategy") != Strategy.BLOCK or options is None:
        return max(sizes)
    stated, blocks = options.get("block_size"), options.get("blocks")
    if stated and isinstance(stated.scalar, int) and stated.scalar > 0:
        # as many blocks of that size as fit, and the rest spread over them
        return max(math.ceil(size / max(1, size // stated.scalar)) for size in sizes)
    return max((1, *(len(block.items) for block in blocks.items))) if blocks else 1


def _best_guess(entry: Tree, vocabulary: Vocabulary) -> Fraction:
    """Least Bayes vulnerability of the attribute: the greatest prior among values that hide each other."""
    priors = [
        [prior for value in group if (prior := probability(value.get("prior"))) is not None]
        for group in _groups(entry, vocabulary)
    ]
    stated = sum(map(len, priors))
    if entry.text("strategy") == Strategy.BLOCK or not stated or stated != len(entry.list("values")):
        return Fraction(1, _set_size(entry, vocabulary))
    return min(max(group) / sum(group) if sum(group) else Fraction(1) for group in priors)


def _check_tests(policy: Tree) -> Iterator[Problem]:
    for test in policy.list("tests"):
        prompt, n = test.text("prompt"), test.get("n")
        candidates = test.get("candidates")
        if candidates and n and isinstance(n.scalar, int) and len(candidates.items) > n.scalar:
            yield candidates.problem(f"{len(candidates.items)} candidates for an anonymity set of {n.scalar}")
        for withheld in test.list("withheld"):
            text = withheld.scalar
            if prompt is not None and isinstance(text, str) and text not in prompt:
                yield withheld.problem(f"the prompt of the test does not have the words {quoted(text)}")
