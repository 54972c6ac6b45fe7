"""Writes a new plugin: a complete installable package with a lexicon, examples, a policy and a test.

What it writes works as it is (an attribute ``eye colour`` under the chosen name); the author exchanges the
words for their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from obclip_privacy.errors import BadInputError, quoted

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_VALUES = ("blue", "brown", "green")


def write_plugin(name: str, attribute: str, folder: Path) -> tuple[Path, ...]:
    """Write the package *name* into *folder* / *name* and give the files.

    Raises:
        BadInputError: a name is malformed, or the folder is there already.
    """
    if not _NAME.fullmatch(name):
        raise BadInputError(f"a plugin's name is in lower case with hyphens, not {quoted(name)}")
    identifier = attribute or name.removeprefix("obclip-").replace("-", "_")
    if not _ATTRIBUTE.fullmatch(identifier):
        raise BadInputError(f"an attribute's id is in lower case with underscores, not {quoted(identifier)}")
    target = folder / name
    if target.exists():
        raise BadInputError(f"{target} is there already; choose another name or folder")
    written = []
    for path, text in plugin_files(name, identifier).items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        written.append(file)
    return tuple(written)


def plugin_files(name: str, attribute: str) -> Mapping[str, str]:
    """The text of every file of the package, by its path in it."""
    module = name.replace("-", "_")
    title = attribute.replace("_", " ").capitalize()
    return {
        "pyproject.toml": pyproject(name, f"An attribute type for ObCLIP: {title.lower()}"),
        "README.md": _readme(name, module, attribute, title),
        f"{module}/__init__.py": f'"""{title}: an attribute type for ObCLIP."""\n',
        f"{module}/plugin.py": _PLUGIN.format(title=title),
        f"{module}/lexicon.json": _pretty(_lexicon(attribute, title)),
        f"{module}/policy.json": _pretty(_policy(name, attribute)),
        f"{module}/examples.jsonl": "".join(f"{json.dumps(example)}\n" for example in _examples(attribute)),
        f"{module}/py.typed": "",
        "tests/test_plugin.py": _TEST.format(module=module),
    }


def pyproject(name: str, description: str, dependencies: tuple[str, ...] = ("obclip>=0.1",)) -> str:
    """A ``pyproject.toml`` with the entry point."""
    listed = ", ".join(f'"{one}"' for one in dependencies)
    return _PYPROJECT.format(
        name=name, module=name.replace("-", "_"), description=description, dependencies=listed
    )


def _lexicon(attribute: str, title: str) -> dict[str, object]:
    return {
        "lexicon_version": 1,
        "attribute": attribute,
        "title": title,
        "classes": {
            "adjective": {
                "pos": "adjective",
                "forms": {value: f"{value}-eyed" for value in _VALUES},
                "not_before": ["monster"],
            }
        },
        "cues": [
            {
                "cue": ["coloured contact lens", "coloured contact lenses"],
                "kind": "eyes",
                "reason": "tells that the eyes have another colour",
            }
        ],
    }


def _policy(name: str, attribute: str) -> dict[str, object]:
    return {
        "schema_version": 1,
        "name": name,
        "description": f"The default policy, and {attribute} besides.",
        "extends": "default",
        "plugins": [name],
        "attributes": [{"id": attribute, "strategy": "enumerate", "values": list(_VALUES)}],
    }


def _examples(attribute: str) -> list[dict[str, object]]:
    def mention(text: str, value: str) -> dict[str, str]:
        return {"text": text, "attribute": attribute, "value": value}

    return [
        {
            "prompt": "a blue-eyed nurse",
            "mentions": [mention("blue-eyed", "blue")],
            "candidates": ["a blue-eyed nurse", "a brown-eyed nurse", "a green-eyed nurse"],
        },
        {
            "prompt": "two brown-eyed sailors in the rain",
            "mentions": [mention("brown-eyed", "brown")],
            "n": 3,
        },
        {
            "prompt": "a chef with coloured contact lenses",
            "mentions": [],
            "cues": [{"text": "coloured contact lenses"}],
            "candidates": ["a chef"],
        },
        {"prompt": "a green-eyed monster under the bed", "mentions": [], "n": 1},
        {"prompt": "a blue-eyed cat on a sofa", "mentions": [], "n": 1},
        {"prompt": "a brown-eyed teddy bear", "mentions": [], "n": 1},
    ]


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _readme(name: str, module: str, attribute: str, title: str) -> str:
    return _README.format(name=name, module=module, attribute=attribute, title=title)


_PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "0.1.0"
description = "{description}"
readme = "README.md"
requires-python = ">=3.11"
license = "Apache-2.0"
dependencies = [{dependencies}]

[project.entry-points.obclip]
{name} = "{module}.plugin"

[tool.hatch.build.targets.wheel]
packages = ["{module}"]
"""

_PLUGIN = '''\
"""The plugin: registers the attribute that the lexicon beside it describes."""

from __future__ import annotations

from collections.abc import Callable

from obclip_privacy.attributes.base import Attribute
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.plugins.lexicon_json import read_attribute

OBCLIP_HOOK_API = 1


@hookimpl
def register_attributes(register: Callable[[Attribute], None]) -> None:
    """Register the attribute: {title}."""
    register(read_attribute(__package__ or ""))
'''

_TEST = '''\
"""The whole promise in one line."""

from obclip_privacy.testing import check_plugin


def test_conformance() -> None:
    """Every check of the kit passes."""
    check_plugin("{module}.plugin")
'''

_README = """\
# {name}

{title}: an attribute type for ObCLIP.

- `{module}/lexicon.json`: the values and their parallel words. Every value needs a form in every class.
- `{module}/examples.jsonl`: prompts and what is expected of them. Write them first, negative ones too.
- `{module}/policy.json`: a policy that uses the attribute.

Try it, then exchange the words for your own:

```sh
pip install --editable .
obclip plugins check {name}
obclip candidates --policy {module}/policy.json "a blue-eyed nurse"
```

In a policy:

```json
{{"id": "{attribute}", "strategy": "enumerate", "values": ["blue", "brown", "green"]}}
```
"""
