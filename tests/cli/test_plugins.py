"""``obclip plugins list``."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

RunObclip = Callable[..., subprocess.CompletedProcess[str]]


def make_plugin(site: Path, name: str, code: str) -> None:
    (site / f"{name}.py").write_text(code)
    info = site / f"{name}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[obclip]\n{name} = {name}\n")


def test_builtin_plugins_and_an_installed_and_a_broken_one(run_obclip: RunObclip, tmp_path: Path) -> None:
    make_plugin(tmp_path, "broken", "raise ImportError('its library is missing')")
    make_plugin(
        tmp_path,
        "fine",
        "from obclip_privacy.hookspecs import hookimpl\n"
        "from obclip_privacy.attributes.base import CueDetector\n"
        "@hookimpl\n"
        "def register_cue_detectors(register):\n"
        "    register(CueDetector('fine-cues'))\n",
    )
    env = {"PYTHONPATH": str(tmp_path)}
    result = run_obclip("plugins", "list", "--format", "json", env=env)
    assert result.returncode == 0
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert rows["gender"]["builtin"] is True
    assert rows["gender"]["registered"] == ["attribute gender"]
    assert rows["fine"] == {
        "order": len(rows),
        "name": "fine",
        "distribution": "fine",
        "version": "1.2",
        "module": "fine",
        "builtin": False,
        "status": "loaded",
        "reason": "",
        "hooks": ["register_cue_detectors"],
        "registered": ["cue detector fine-cues"],
        "traceback": "",
    }
    assert rows["broken"]["status"] == "failed"
    assert rows["broken"]["reason"] == "ImportError: its library is missing"
    assert "raise ImportError" in rows["broken"]["traceback"]

    table = run_obclip("plugins", "list", env=env)
    assert "failed: ImportError: its library is missing" in table.stdout
    assert "plugin 'broken' of broken 1.2 failed:\nTraceback" in table.stderr

    blocked = run_obclip("plugins", "list", "--format", "jsonl", env={**env, "OBCLIP_PLUGINS": ""})
    statuses = {row["name"]: row["status"] for row in map(json.loads, blocked.stdout.splitlines())}
    assert {statuses["fine"], statuses["broken"]} == {"blocked"}


def test_a_policy_that_needs_a_broken_plugin_stops(run_obclip: RunObclip, tmp_path: Path) -> None:
    make_plugin(tmp_path, "broken", "raise ImportError('its library is missing')")
    policy = tmp_path / "p.json"
    policy.write_text('{"schema_version": 1, "name": "p", "extends": "default", "plugins": ["broken"]}')
    result = run_obclip("policy", "validate", str(policy), env={"PYTHONPATH": str(tmp_path)})
    assert result.returncode == 2
    assert result.stderr == (
        "obclip: the plugin 'broken' of broken 1.2 is not used: ImportError: its library is missing; "
        "see: obclip plugins list\n"
        f"{policy}:1:70: #/plugins/0: the plugin 'broken' cannot be used: failed: "
        "ImportError: its library is missing\n"
    )
