"""The shipped plugins as ``make test`` installs them: real packages, found through their entry points.

They lie in a folder of their own, which ``SHIPPED_PLUGINS`` names, so that no other test depends on them.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

RunObclip = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]
SITE = os.environ.get("SHIPPED_PLUGINS", "")
NAMES = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/pyproject.toml"))
PRESIDIO = importlib.util.find_spec("presidio_analyzer") is not None
pytestmark = pytest.mark.skipif(not SITE, reason="SHIPPED_PLUGINS is not set; make test sets it")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The path with the plugins on it, and a model for obclip-ner."""
    import sys

    sys.path.insert(0, SITE)
    try:
        from obclip_ner.tiny import make_tiny_model

        model = make_tiny_model(tmp_path_factory.mktemp("ner") / "model")
    finally:
        sys.path.remove(SITE)
    paths = [SITE, str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths), "OBCLIP_NER_MODEL": str(model)}


def usable(name: str) -> bool:
    return PRESIDIO or name != "obclip-presidio"


def test_every_plugin_is_installed_with_its_data() -> None:
    found = {dist.name: dist for dist in importlib.metadata.distributions(path=[SITE])}
    assert sorted(found) == NAMES
    for name, dist in found.items():
        module = name.replace("-", "_")
        files = {str(file) for file in dist.files or ()}
        assert {f"{module}/examples.jsonl", f"{module}/policy.json", f"{module}/py.typed"} <= files, name
        assert not any(file.startswith("tests/") for file in files), name
        (point,) = dist.entry_points.select(group="obclip")
        assert (point.name, point.value) == (name, f"{module}.plugin")


def test_all_of_them_load_together(run_obclip: RunObclip, environment: Mapping[str, str]) -> None:
    result = run_obclip("plugins", "list", "--json", env=environment)
    listed = {row["name"]: row for row in json.loads(result.stdout)}
    for name in NAMES:
        row = listed[name]
        assert (row["distribution"], row["version"]) == (name, "0.1.0")
        assert row["status"] == ("loaded" if usable(name) else "failed"), row["reason"]
        assert (row["hooks"] != []) is usable(name)
    if not PRESIDIO:
        assert "needs presidio-analyzer; try: pip install" in listed["obclip-presidio"]["reason"]


def test_the_lists_of_the_user_act_on_them(run_obclip: RunObclip, environment: Mapping[str, str]) -> None:
    env = {**environment, "OBCLIP_PLUGINS": "obclip-es,obclip-danbooru", "OBCLIP_PLUGINS_DENY": "obclip-es"}
    listed = json.loads(run_obclip("plugins", "list", "--json", env=env).stdout)
    status = {row["name"]: row["status"] for row in listed if not row["builtin"]}
    assert status == {**dict.fromkeys(NAMES, "blocked"), "obclip-danbooru": "loaded"}
    plain = run_obclip("candidates", "1girl, solo", "--format", "jsonl", env={**env, "OBCLIP_PLUGINS": ""})
    assert (plain.returncode, plain.stderr) == (0, "")


@pytest.mark.parametrize(
    "policy",
    [
        "default",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("strict-plus", "strict", "inclusive")),
    ],
)
def test_shipped_policies_hold_with_all_of_them(
    policy: str, run_obclip: RunObclip, environment: Mapping[str, str]
) -> None:
    result = run_obclip("policy", "test", policy, env=environment)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_its_own_policy_holds(name: str, run_obclip: RunObclip, environment: Mapping[str, str]) -> None:
    if not usable(name):
        pytest.skip("presidio-analyzer is not installed")
    env = {**environment, "OBCLIP_PLUGINS": name}
    path = Path(SITE) / name.replace("-", "_") / "policy.json"
    result = run_obclip("policy", "test", str(path), env=env)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_installed_plugin_conforms(
    name: str, run_obclip: RunObclip, environment: Mapping[str, str]
) -> None:
    if not usable(name):
        pytest.skip("presidio-analyzer is not installed")
    result = run_obclip("plugins", "check", name, env=environment)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_an_audit_of_its_examples_passes(
    name: str, run_obclip: RunObclip, environment: Mapping[str, str], tmp_path: Path
) -> None:
    if not usable(name):
        pytest.skip("presidio-analyzer is not installed")
    folder = Path(SITE) / name.replace("-", "_")
    lines = [json.loads(line) for line in (folder / "examples.jsonl").read_text("utf-8").splitlines() if line]
    prompts = [
        json.dumps({"prompt": entry["prompt"]}) for entry in lines if entry.get("status", "ok") == "ok"
    ]
    (tmp_path / "prompts.jsonl").write_text("\n".join(prompts))
    result = run_obclip(
        "audit",
        *("--policy", str(folder / "policy.json"), "--input", str(tmp_path / "prompts.jsonl")),
        *(
            "--report",
            str(tmp_path / "report.json"),
            "--workers",
            "1",
            "--fail-on",
            "closure>0,contradiction>0",
        ),
        env={**environment, "OBCLIP_PLUGINS": name},
    )
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["figures"]["prompts"] >= 100
    assert report["figures"]["refused"] == 0
