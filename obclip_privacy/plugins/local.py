"""Plugins that are no installed packages: files, folders and lexicons beside a policy.

A lexicon is data and needs no permission. Code runs only where the user allows it: the file was named with
``--plugin``, or lies in a path of ``OBCLIP_ALLOW_CODE``. That a policy names a file allows nothing: policies
are passed around.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from obclip_privacy.errors import PluginError
from obclip_privacy.plugins.lexicon_json import lexicon_plugin
from obclip_privacy.plugins.manager import Candidate
from obclip_privacy.policy.local import INLINE, LocalSource, folder_sha256, read_local

#: Files and folders, separated as in PATH, whose code may run when a policy names it.
ALLOW_CODE_VARIABLE = "OBCLIP_ALLOW_CODE"
#: Files and folders, separated as in PATH, that ``--plugin`` named: loaded under every policy.
PATH_VARIABLE = "OBCLIP_PLUGIN_PATH"


def named_sources(environment: Mapping[str, str]) -> tuple[LocalSource, ...]:
    """What the user named with ``--plugin``, in order; its code may run."""
    return tuple(
        read_local(name, Path(), trusted=True) for name in _paths(environment.get(PATH_VARIABLE, ""))
    )


def local_candidates(sources: Sequence[LocalSource], environment: Mapping[str, str]) -> tuple[Candidate, ...]:
    """The plugins that *sources* can be; one that two of them name is loaded once."""
    trusted = {source.path for source in sources if source.trusted}
    found: dict[str, Candidate] = {}
    for source in sorted(sources, key=lambda one: one.trusted):
        key = source.path or source.name
        if key not in found:
            allowed = not source.is_code or source.path in trusted or is_allowed(source.path, environment)
            found[key] = _candidate(source, allowed)
    return tuple(found.values())


def is_allowed(path: str, environment: Mapping[str, str]) -> bool:
    """Whether the user lets code at *path* run: it is, or lies in, a path of ``OBCLIP_ALLOW_CODE``."""
    wanted = Path(path).resolve()
    allowed = [Path(one).resolve() for one in _paths(environment.get(ALLOW_CODE_VARIABLE, ""))]
    return any(wanted == one or one in wanted.parents for one in allowed)


def _paths(text: str) -> list[str]:
    return [path for path in text.split(os.pathsep) if path]


def _candidate(source: LocalSource, allowed: bool) -> Candidate:
    against = ""
    if not allowed:
        against = (
            f"it is code, and code beside a policy runs only if you allow it: set "
            f"{ALLOW_CODE_VARIABLE}={source.path}, or name it with --plugin {source.path}"
        )
    return Candidate(
        name=source.name,
        module=source.path or "written in the policy",
        distribution="local code" if source.is_code else "lexicon",
        version=source.sha256[:12],
        against=against,
        loader=functools.partial(load_local, source),
        local=True,
    )


def load_local(source: LocalSource) -> object:
    """The plugin object of *source*.

    Raises:
        PluginError: it cannot be read, is no plugin, or changed since it was read.
        Exception: whatever the plugin's own code raises.
    """
    if source.problem:
        raise PluginError(f"{source.name}: {source.problem}")
    if source.name.startswith(INLINE):
        return lexicon_plugin(source.data, source.name, source.name.removeprefix(INLINE))
    if not source.is_code:
        return lexicon_plugin(source.data, source.name)
    path = Path(source.path)
    if not path.is_dir() and path.suffix != ".py":
        raise PluginError(
            f"{source.name} is no plugin: give a .py file, a folder with __init__.py, or a lexicon in "
            ".json or .toml"
        )
    return _run(source, path)


def _run(source: LocalSource, path: Path) -> ModuleType:
    name = f"_obclip_local_{source.sha256[:16]}"
    if name in sys.modules:
        # the same bytes: both packages ask for a plugin's hooks, and it runs once
        return sys.modules[name]
    if path.is_dir():
        if folder_sha256(path) != source.sha256:
            raise PluginError(f"{source.name} changed since it was read; start again")
        file = path / "__init__.py"
        if not file.is_file():
            raise PluginError(f"{source.name} has no __init__.py; add one with the hooks in it")
        data = file.read_bytes()
        spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=[str(path)])
    else:
        data = source.data
        spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        raise PluginError(f"{source.name} cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        # the bytes that were hashed are the bytes that run
        exec(compile(data, spec.origin or source.path, "exec"), vars(module))  # noqa: S102
    except BaseException:
        del sys.modules[name]
        raise
    return module
