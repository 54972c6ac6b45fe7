"""Finds the key of a configuration that a library choked on.

diffusers and transformers do not check what they are told: a ``null`` for a number ends in a ``TypeError``
somewhere inside. So where loading failed, each value is compared with the kinds that its class declares.
Beforehand only text in place of a number is refused, which some layers keep until they compute: published
configurations and declarations differ in harmless ways otherwise.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from obclip_privacy.policy.frozen import Json

#: Errors that mean a configuration of the wrong kind, when a library builds a part from it.
ERRORS = (TypeError, AttributeError, LookupError, ArithmeticError, AssertionError, NotImplementedError)

_INNER = re.compile(r"\[[^\[\]]*\]")
_WORD = re.compile(r"[A-Za-z_]\w*")
#: What JSON can hold for a declared kind.
_KINDS: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
    "tuple": (list,),
    "list": (list,),
    "dict": (dict,),
    "None": (type(None),),
    "NoneType": (type(None),),
}
#: Words of a declaration that leaves room for a number only, or for none at all.
_NUMBERS = frozenset({"int", "float", "bool", "None", "NoneType", "Optional", "Union"})


def odd_setting(cls: Any, config: Mapping[str, Json]) -> str | None:
    """Name the first key whose value is of none of the kinds that its class declares, if there is one.

    Args:
        cls: a model of diffusers, or a configuration of transformers.
        config: what it was built from.
    """
    declared = _declared(cls)
    for name, value in config.items():
        words = declared.get(name, [])
        if not words or not set(words) <= set(_KINDS):
            continue
        kinds = {kind for word in words for kind in _KINDS[word]}
        if type(value) not in kinds:
            return name
    return None


def text_for_number(cls: Any, config: Mapping[str, Json]) -> str | None:
    """Name the first key that has text where its class declares a number and nothing else, if there is one.

    Args:
        cls: a model of diffusers, or a configuration of transformers.
        config: what it is going to be built from.
    """
    declared = _declared(cls)
    texts = (name for name, value in config.items() if isinstance(value, str))
    return next((name for name in texts if declared.get(name) and _NUMBERS.issuperset(declared[name])), None)


def _declared(cls: Any) -> dict[str, list[str]]:
    """Give the words of each setting's declaration, what is inside brackets left out."""
    given: dict[str, object] = {}
    for base in reversed(cls.__mro__):
        given |= inspect.get_annotations(base)
    signature = inspect.signature(cls.__init__).parameters.items()
    given |= {name: item.annotation for name, item in signature if item.annotation is not item.empty}
    words = {}
    for name, kind in given.items():
        text = kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)
        while _INNER.search(text):
            text = _INNER.sub("", text)
        words[name] = _WORD.findall(text)
    return words
