"""What must hold for one attribute of a policy beyond the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from obclip_privacy.errors import Problem, quoted
from obclip_privacy.policy.model import OutOfDomain, Presence, Strategy
from obclip_privacy.policy.nearest import nearest
from obclip_privacy.policy.tree import Tree
from obclip_privacy.policy.vocabulary import AgeBand, AttributeNames

#: Strategies that hide the value among the values of the domain, and so need one.
HIDING = (Strategy.ENUMERATE, Strategy.NEUTRALISE, Strategy.GENERALISE, Strategy.BLOCK)
#: Strategies of which the cloud gets no value, so that it need not see that the attribute occurs.
SILENT = (Strategy.NEUTRALISE, Strategy.WITHHOLD)


def hides(strategy: str | None) -> bool:
    """Whether the strategy hides the value among others: a plugin's (with a colon) always does."""
    return strategy is not None and (strategy in HIDING or ":" in strategy)


#: The value that stands for not stating the attribute.
UNSTATED = "unstated"


def check_attribute(entry: Tree, names: AttributeNames) -> Iterator[Problem]:
    """Every problem of one entry of ``attributes``, which the plugins know under *names*."""
    strategy = entry.text("strategy")
    if "strategy" not in entry.members:
        yield entry.problem("the key 'strategy' is missing, and no extended policy states it")
    yield from _check_domain(entry, strategy)
    yield from _check_names_once(entry)
    yield from _check_names_known(entry, names)
    yield from _check_ages_apart(entry, names)
    yield from _check_priors(entry)
    yield from _check_registered(entry, names)
    yield from _check_presence(entry, strategy)
    if strategy == Strategy.BLOCK:
        yield from _check_blocks(entry, names)


def value_id(value: Tree) -> str | None:
    """The id of an entry of ``values``, in either of its two notations."""
    return value.scalar if isinstance(value.scalar, str) else value.text("id")


def value_names(value: Tree) -> Iterator[tuple[str, Tree]]:
    """The id and the aliases of an entry of ``values``, each with its place."""
    identifier = value_id(value)
    if identifier is not None:
        yield identifier, value.get("id") or value
    for alias in value.list("aliases"):
        if isinstance(alias.scalar, str):
            yield alias.scalar, alias


def probability(tree: Tree | None) -> Fraction | None:
    """The exact value of a probability in either of its two notations."""
    if tree is None or isinstance(tree.scalar, bool) or not isinstance(tree.scalar, (int, float, str)):
        return None
    # repr gives the shortest decimal that reads back the same, which is what the author wrote
    return Fraction(tree.scalar if isinstance(tree.scalar, str) else repr(tree.scalar))


def _check_domain(entry: Tree, strategy: str | None) -> Iterator[Problem]:
    if not hides(strategy):
        return
    if "values" not in entry.members:
        yield entry.problem(f"the strategy '{strategy}' needs the key 'values'")
        return
    domain = entry.get("values")
    if domain is not None and len(domain.items) < 2:
        yield domain.problem(
            f"a domain of one value hides nothing; the strategy '{strategy}' needs at least two"
        )


def _check_names_once(entry: Tree) -> Iterator[Problem]:
    """Ids are unique, and no alias is an id, or another value's alias."""
    ids: dict[str, Tree] = {}
    for value in entry.list("values"):
        identifier = value_id(value)
        if identifier is None:
            continue
        if identifier in ids:
            yield (value.get("id") or value).problem(f"the value '{identifier}' stands twice in the domain")
        ids.setdefault(identifier, value)
    aliases = _aliases(ids)
    claimed: dict[str, str] = {}
    for owner, value in ids.items():
        for alias in value.list("aliases"):
            name = alias.scalar
            if not isinstance(name, str):
                continue
            if name == owner:
                yield alias.problem(f"the value '{owner}' is its own alias; remove it")
            elif name in ids and owner in aliases[name]:
                yield alias.problem(f"alias cycle: '{owner}' and '{name}' are aliases of each other")
            elif name in ids:
                yield alias.problem(f"the alias '{name}' is a value of its own; remove one of the two")
            elif claimed.setdefault(name, owner) != owner:
                yield alias.problem(f"the alias '{name}' is already claimed by the value '{claimed[name]}'")


def _aliases(ids: Mapping[str, Tree]) -> Mapping[str, tuple[str, ...]]:
    return {owner: value.strings("aliases") for owner, value in ids.items()}


def _check_names_known(entry: Tree, names: AttributeNames) -> Iterator[Problem]:
    """Every value can be written: its id or one of its aliases has surface forms; no alias is unknown."""
    for value in entry.list("values"):
        named = list(value_names(value))
        if not named:
            continue
        if named[0][0] == UNSTATED:
            yield named[0][1].problem(
                f"no word states the value '{UNSTATED}'; to hide that '{entry.text('id')}' occurs at "
                "all, use "
                "the strategy 'neutralise' or 'withhold' with presence 'hidden'"
            )
            continue
        usable = any(name in names.values for name, _ in named)
        for index, (name, place) in enumerate(named):
            if name in names.values or (index == 0 and usable):
                continue
            kind = "alias" if index else "value"
            yield place.problem(
                f"unreachable {kind} '{name}': no word of the attribute '{entry.text('id')}' states it",
                nearest(name, names.values),
            )


def _check_ages_apart(entry: Tree, names: AttributeNames) -> Iterator[Problem]:
    """Adults and minors are never substituted for one another, so each hides among its own.

    A domain may list both, but no value has names of both, and a band that has one value only would hide
    nothing. The engine holds candidates to the same rule.
    """
    if not hides(entry.text("strategy")):
        return
    bands: dict[AgeBand, list[tuple[str, Tree]]] = {}
    for value in entry.list("values"):
        own = [(names.bands[name], name, place) for name, place in value_names(value) if name in names.bands]
        for band, name, place in own:
            if band is not own[0][0]:
                yield place.problem(
                    f"adults and minors are never substituted for one another: '{name}' means {band}, "
                    f"'{own[0][1]}' means {own[0][0]}"
                )
        if own:
            bands.setdefault(own[0][0], []).append(own[0][1:])
    for band, members in bands.items():
        if len(bands) == 2 and len(members) == 1:
            name, place = members[0]
            yield place.problem(
                f"adults and minors are never substituted for one another, and '{name}' is the only value "
                f"for {band}, so nothing hides it; list at least two or none"
            )


def _check_priors(entry: Tree) -> Iterator[Problem]:
    values = entry.list("values")
    priors = [(value, value.get("prior")) for value in values if "prior" in value.members]
    if not priors:
        return
    domain = entry.get("values")
    if domain is None or any(value.broken for value in domain.items):
        return
    if any(prior is None for _, prior in priors):
        return
    if len(priors) != len(domain.items):
        without = next(value for value in values if "prior" not in value.members)
        yield without.problem(
            f"the value '{value_id(without)}' has no prior, but others have; state all of them or none"
        )
        return
    exact = [(prior, probability(prior)) for _, prior in priors]
    for prior, chance in exact:
        if prior is not None and chance is not None and chance > 1:
            yield prior.problem(f"a probability is at most 1, not {chance}")
        if prior is not None and chance == 0:
            yield prior.problem("a value of prior 0 hides nothing; remove the value or give it a chance")
    total = sum((chance for _, chance in exact if chance is not None), Fraction(0))
    if total != 1:
        yield domain.problem(
            f'the priors sum to {_decimal(total)}, not to 1 (fractions such as "1/3" are exact)'
        )


def _decimal(number: Fraction) -> str:
    return f"{float(number):.6g}"


def _check_registered(entry: Tree, names: AttributeNames) -> Iterator[Problem]:
    owner = entry.text("id")
    for detector in entry.list("detectors"):
        if isinstance(detector.scalar, str) and detector.scalar not in names.detectors:
            yield detector.problem(
                f"the attribute '{owner}' has no detector {quoted(detector.scalar)}; it has "
                f"{_listed(names.detectors)}",
                nearest(detector.scalar, names.detectors),
            )
    generator = entry.get("generator")
    name = entry.text("generator")
    if generator and name is not None and name not in names.generators:
        yield generator.problem(
            f"the attribute '{owner}' has no generator {quoted(name)}; it has {_listed(names.generators)}",
            nearest(name, names.generators),
        )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _check_presence(entry: Tree, strategy: str | None) -> Iterator[Problem]:
    """With presence ``hidden`` nothing of the attribute may be sent, of listed values or of others."""
    presence = entry.get("presence")
    if presence is None or presence.scalar != Presence.HIDDEN or strategy is None:
        return
    if strategy not in SILENT:
        yield presence.problem("presence 'hidden' needs the strategy 'neutralise' or 'withhold'")
    outside = entry.get("out_of_domain")
    if outside is not None and outside.scalar == OutOfDomain.GENERALISE:
        yield outside.problem(
            "presence 'hidden' and out_of_domain 'generalise' contradict each other: the broader word shows "
            "that the attribute occurs; use 'neutralise' or 'refuse'"
        )


def _check_blocks(entry: Tree, names: AttributeNames) -> Iterator[Problem]:
    """``options`` has either ``blocks`` (a partition of the domain) or ``block_size``."""
    options = entry.get("options")
    size = options.get("block_size") if options else None
    blocks = options.get("blocks") if options else None
    domain = [value_id(value) for value in entry.list("values")]
    if (size is None) == (blocks is None):
        yield (options or entry).problem(
            "the strategy 'block' needs one of the options 'blocks' (lists of values) and 'block_size'"
        )
    elif size is not None:
        if isinstance(size.scalar, bool) or not isinstance(size.scalar, int) or size.scalar < 2:
            yield size.problem("'block_size' must be an integer of at least 2")
        elif size.scalar > len(domain) > 0:
            yield size.problem(f"'block_size' is larger than the domain, which has {len(domain)} values")
    elif blocks is not None:
        yield from _check_partition(blocks, domain, names)


def _check_partition(blocks: Tree, domain: list[str | None], names: AttributeNames) -> Iterator[Problem]:
    seen: set[str] = set()
    shapeless = [part for part in (blocks, *blocks.items) if not part.is_array]
    if shapeless:
        yield shapeless[0].problem('\'blocks\' takes lists of values, as in [["a", "b"], ["c", "d"]]')
        return
    for block in blocks.items:
        if len(block.items) < 2:
            held = "of one value" if block.items else "without values"
            yield block.problem(f"a block {held} hides nothing; it needs at least two")
        for item in block.items:
            name = item.scalar
            if not isinstance(name, str) or name not in domain:
                known = [value for value in domain if value is not None]
                near = nearest(name, known) if isinstance(name, str) else None
                yield item.problem("not a value of the domain", near)
            elif name in seen:
                yield item.problem(f"the value '{name}' stands in two blocks")
            else:
                seen.add(name)
        banded = {
            names.bands[item.scalar]
            for item in block.items
            if isinstance(item.scalar, str) and item.scalar in names.bands
        }
        if len(banded) > 1:
            yield block.problem(
                "the block mixes adults and minors, who are never substituted for one another"
            )
    missing = [name for name in domain if name is not None and name not in seen]
    if missing:
        yield blocks.problem(f"no block has the value '{missing[0]}'; the blocks must cover the domain")
