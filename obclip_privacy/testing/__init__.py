"""The conformance kit for plugins: the whole promise in one line of a plugin's test.

::

    from obclip_privacy.testing import check_plugin

    def test_conformance():
        check_plugin("my_package.plugin")

It loads the plugin beside the built-in ones and nothing else, and checks the contract, the parallel lexicon,
closure, offsets, determinism, negative contexts, adults and minors, performance, and the author's own
``examples.jsonl``. ``obclip plugins check`` runs the same.
"""

from __future__ import annotations

from pathlib import Path

from obclip_privacy.testing.kit import CHECKS, run_checks
from obclip_privacy.testing.report import CheckResult, Report

__all__ = ["CHECKS", "CheckResult", "Report", "check_plugin", "run_checks"]


def check_plugin(plugin: object, *, examples: str | Path | None = None) -> Report:
    """Run every check of the kit against *plugin*.

    Args:
        plugin: a module or object with hooks, the name of a module or of an installed plugin, or the path of
            a plugin file, a folder or a lexicon.
        examples: the author's examples; by default ``examples.jsonl`` beside the plugin.

    Raises:
        AssertionError: some check failed; the message is the readable report.
    """
    report = run_checks(plugin, examples=examples)
    if not report.passed:
        raise AssertionError(str(report))
    return report
