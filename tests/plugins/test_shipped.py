"""The plugins that ship: each has what an installable package needs, and keeps the whole promise."""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from obclip_privacy.testing import check_plugin
from obclip_privacy.testing.examples import check_examples, read_examples
from obclip_privacy.testing.subject import find_subject

RunObclip = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
NAMES = [path.name for path in PLUGINS]


def project(folder: Path) -> dict[str, object]:
    return tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]


#: What strict-plus needs.
STRICT_PLUS = ["obclip-disability", "obclip-names", "obclip-nationality", "obclip-religion"]


@pytest.fixture(scope="session")
def ner_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A token-classification model that knows the names of obclip-ner's examples."""
    sys.path.insert(0, str(ROOT / "plugins" / "obclip-ner"))
    try:
        tiny = importlib.import_module("obclip_ner.tiny")
        return str(tiny.make_tiny_model(tmp_path_factory.mktemp("ner") / "model"))
    finally:
        sys.path.remove(str(ROOT / "plugins" / "obclip-ner"))


@pytest.fixture
def ready(ner_model: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets up what a plugin needs besides its package, or skips the test."""

    def prepare(name: str) -> None:
        if name == "obclip-presidio" and importlib.util.find_spec("presidio_analyzer") is None:
            pytest.skip("presidio-analyzer is not installed; test_presidio.py tests that the plugin says so")
        if name == "obclip-ner":
            monkeypatch.setenv("OBCLIP_NER_MODEL", ner_model)

    return prepare


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A path with the metadata of every shipped plugin, as an editable installation leaves it."""
    folder = tmp_path_factory.mktemp("site")
    for plugin in PLUGINS:
        info = folder / f"{plugin.name.replace('-', '_')}-0.1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {plugin.name}\nVersion: 0.1.0\n")
        points = project(plugin)["entry-points"]["obclip"]  # type: ignore[index]
        lines = "".join(f"{name} = {module}\n" for name, module in points.items())
        (info / "entry_points.txt").write_text(f"[obclip]\n{lines}")
    return ":".join(map(str, [folder, *PLUGINS]))


@pytest.mark.parametrize("folder", PLUGINS, ids=NAMES)
def test_it_is_a_complete_package(folder: Path) -> None:
    module = folder.name.replace("-", "_")
    assert project(folder)["name"] == folder.name
    assert (folder / "README.md").read_text("utf-8").startswith(f"# {folder.name}\n")
    assert f'check_plugin("{module}.plugin")' in (folder / "tests" / "test_plugin.py").read_text("utf-8")
    examples = read_examples(folder / module / "examples.jsonl")
    assert len({example.prompt for example in examples}) >= 100
    assert sum(example.mentions == () for example in examples) >= 15


@pytest.mark.parametrize("folder", PLUGINS, ids=NAMES)
def test_its_examples_hold(folder: Path, ready: Callable[[str], None]) -> None:
    ready(folder.name)
    subject = find_subject(str(folder))
    assert subject.folder is not None
    result = check_examples(subject, read_examples(subject.folder / "examples.jsonl"))
    assert result.tried >= 100
    assert result.problems == ()


@pytest.mark.slow
@pytest.mark.parametrize("folder", PLUGINS, ids=NAMES)
def test_it_conforms(folder: Path, ready: Callable[[str], None]) -> None:
    ready(folder.name)
    check_plugin(str(folder))


def test_strict_plus_names_the_packages_to_install(run_obclip: RunObclip) -> None:
    result = run_obclip("policy", "validate", "strict-plus")
    assert result.returncode == 2
    for name in ("religion", "disability", "nationality", "names"):
        assert f"the plugin 'obclip-{name}' is not installed; try: pip install obclip-{name}" in result.stderr


def test_strict_plus_with_its_plugins(run_obclip: RunObclip, site: str) -> None:
    env = {"PYTHONPATH": site}
    result = run_obclip("policy", "test", "strict-plus", env=env)
    assert result.returncode == 0, result.stdout + result.stderr
    listed = {row["name"]: row for row in json.loads(run_obclip("plugins", "list", "--json", env=env).stdout)}
    assert {name: listed[name]["status"] for name in STRICT_PLUS} == dict.fromkeys(STRICT_PLUS, "loaded")


def test_a_broken_plugin_stops_strict_plus_with_its_reason(run_obclip: RunObclip, site: str) -> None:
    env = {"PYTHONPATH": site, "OBCLIP_NAMES_PIPELINE": "no_such_pipeline"}
    result = run_obclip("candidates", "a nurse", "--policy", "strict-plus", env=env)
    assert (result.returncode, result.stdout) == (2, "")
    assert "OBCLIP_NAMES_PIPELINE=no_such_pipeline: no such pipeline is installed" in result.stderr


def test_a_spacy_pipeline_finds_names_that_no_rule_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import spacy

    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": "zzyzx"}, {"label": "GPE", "pattern": "qwop"}])  # type: ignore[attr-defined]
    pipeline.to_disk(tmp_path / "pipeline")
    monkeypatch.syspath_prepend(str(ROOT / "plugins" / "obclip-names"))
    monkeypatch.setenv("OBCLIP_NAMES_PIPELINE", str(tmp_path / "pipeline"))
    find = importlib.import_module("obclip_names.spacy_names").find_with_pipeline()
    assert [(one.start, one.end, one.kind) for one in find("a photo of zzyzx in qwop")] == [(11, 16, "name")]
    for module in [name for name in sys.modules if name.startswith("obclip_names")]:
        monkeypatch.delitem(sys.modules, module)
