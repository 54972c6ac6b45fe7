"""The example in plugins/README.md is a plugin that loads."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

from obclip_privacy.plugins.manager import Candidate, collect
from obclip_privacy.plugins.registry import PluginStatus

TEXT = (Path(__file__).parents[2] / "plugins" / "README.md").read_text(encoding="utf-8")


def test_the_example_plugin_registers() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    module = ModuleType("mine")
    exec(compile(code, "plugins/README.md", "exec"), vars(module))  # noqa: S102 - our own example
    registry = collect([Candidate("mine", "mine", "mine", "1", plugin=module)])
    assert registry.plugins[0].status is PluginStatus.LOADED, registry.plugins[0].reason
    assert [term.surfaces for term in registry.cue_detectors["mine"].terms] == [("sari", "saris")]
