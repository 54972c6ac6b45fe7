"""Lexicons and plugins beside a policy: data needs no permission, code does."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import PluginError, PolicyError
from obclip_privacy.plugins.lexicon_json import lexicon_plugin, lexicon_schema
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import Policy

RunObclip = Callable[..., subprocess.CompletedProcess[str]]

EYES = {"pos": "adjective", "forms": {"blue": "blue-eyed", "brown": "brown-eyed"}}
LEXICON = {"attribute": "eyes", "classes": {"adjective": EYES}}
ENTRY = {"id": "eyes", "strategy": "enumerate", "values": ["blue", "brown"]}
SETS = ("a blue-eyed nurse", "a brown-eyed nurse")
CODE = """\
from obclip_privacy.attributes.base import CueDetector, CuePos, CueTerm
from obclip_privacy.hookspecs import hookimpl

@hookimpl
def register_cue_detectors(register):
    register(CueDetector("monocles", (CueTerm(("monocle",), CuePos.NOUN, "gender", "dress", "x"),)))
"""


def write(folder: Path, **policy: object) -> Path:
    path = folder / "policy.json"
    path.write_text(json.dumps({"schema_version": 1, "name": "p", "extends": "default", **policy}))
    return path


def with_lexicon(folder: Path, text: str, name: str = "eyes.json") -> Path:
    (folder / name).write_text(text)
    return write(folder, plugins=[f"./{name}"], attributes=[ENTRY])


def test_a_json_lexicon_beside_the_policy(tmp_path: Path) -> None:
    policy = load_policy(with_lexicon(tmp_path, json.dumps(LEXICON)))
    assert Engine(policy).candidates("a blue-eyed nurse").candidates == SETS


def test_a_toml_lexicon(tmp_path: Path) -> None:
    text = 'attribute = "eyes"\n[classes.adjective]\npos = "adjective"\n'
    text += '[classes.adjective.forms]\nblue = "blue-eyed"\nbrown = "brown-eyed"\n'
    policy = load_policy(with_lexicon(tmp_path, text, "eyes.toml"))
    assert Engine(policy).candidates("a blue-eyed nurse").candidates == SETS


def test_an_inline_lexicon(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, attributes=[{**ENTRY, "lexicon": {"classes": {"adjective": EYES}}}]))
    assert Engine(policy).candidates("a blue-eyed nurse").candidates == SETS


def test_the_hash_of_a_policy_covers_its_lexicon(tmp_path: Path) -> None:
    def loaded(title: str) -> Policy:
        return load_policy(with_lexicon(tmp_path, json.dumps({**LEXICON, "title": title})))

    one, two, three = loaded("Eyes"), loaded("Eyes"), loaded("Colour of the eyes")
    assert one.sha256 == two.sha256 != three.sha256
    assert one == two != three
    assert hash(one) == hash(two)


def test_a_policy_without_local_plugins_has_no_trace_of_them() -> None:
    assert "local" not in load_policy("default").as_json()


def test_the_lexicon_of_an_extended_policy_is_found_beside_that_one(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    with_lexicon(tmp_path / "base", json.dumps(LEXICON))
    child = write(tmp_path, extends="./base/policy.json")
    assert Engine(load_policy(child)).candidates("a blue-eyed nurse").candidates == SETS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "eyes.json:1:2: #"),
        ('{"attribute": "eyes"}', "has neither 'classes' nor 'cues'"),
        ('{"attribute": "eyes", "clases": {}}', "unknown key 'clases'; did you mean 'classes'?"),
        (
            '{"attribute": "eyes", "classes": {"adjective": {"pos": "adjektive", "forms": {"x": "y"}}}}',
            "adjective",
        ),
        (json.dumps({**LEXICON, "attribute": "gender"}), "already registered by plugin 'gender'"),
        (json.dumps({**LEXICON, "classes": {"noun": {**EYES, "pos": "noun"}}}), "has 1 forms; a noun has 2"),
    ],
)
def test_a_broken_lexicon_stops_the_policy(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(with_lexicon(tmp_path, text))
    assert "#/plugins/0: the plugin './eyes.json' cannot be used" in str(caught.value)
    assert message in str(caught.value)


def test_a_broken_inline_lexicon_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"#/attributes/0/lexicon: the lexicon cannot be used: .*'cues'"):
        load_policy(write(tmp_path, attributes=[{**ENTRY, "lexicon": {}}]))
    with pytest.raises(
        PolicyError, match=r"'\./none\.json' cannot be used: .*it cannot be read: no such file"
    ):
        load_policy(write(tmp_path, plugins=["./none.json"]))


def test_code_beside_a_policy_runs_only_if_it_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "mine.py").write_text(f"open({str(ran)!r}, 'a').close()\n{CODE}")
    path = write(tmp_path, plugins=["./mine.py"])
    with pytest.raises(PolicyError, match="code beside a policy runs only if you allow it: set OBCLIP_ALLOW"):
        load_policy(path)
    monkeypatch.setenv("OBCLIP_ALLOW_CODE", str(tmp_path / "other"))
    with pytest.raises(PolicyError, match="blocked"):
        load_policy(path)
    assert not ran.exists()
    monkeypatch.setenv("OBCLIP_ALLOW_CODE", str(tmp_path))
    found = Engine(load_policy(path)).candidates("a woman with a monocle")
    assert found.candidates == ("a woman", "a man")
    assert ran.exists()
    monkeypatch.setenv("OBCLIP_PLUGINS", "")
    with pytest.raises(PolicyError, match="not in the list of OBCLIP_PLUGINS"):
        load_policy(path)


def test_a_folder_is_a_plugin_and_must_not_change_under_a_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("from .hooks import register_cue_detectors\n")
    (tmp_path / "mine" / "hooks.py").write_text(CODE)
    monkeypatch.setenv("OBCLIP_ALLOW_CODE", str(tmp_path))
    policy = load_policy(write(tmp_path, plugins=["./mine"]))
    assert Engine(policy).candidates("a woman with a monocle").candidates == ("a woman", "a man")
    (tmp_path / "mine" / "hooks.py").write_text(CODE + "\n# changed\n")
    changed = load_policy(write(tmp_path, plugins=["./mine"]))
    assert changed.sha256 != policy.sha256


def test_the_option_names_a_plugin_for_any_command(run_obclip: RunObclip, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CODE)
    arguments = ("candidates", "a woman with a monocle", "--format", "jsonl")
    plain = json.loads(run_obclip(*arguments).stdout)
    assert plain["candidates"] == ["a woman with a monocle", "a man with a monocle"]
    for place in (
        ("--plugin", f"{tmp_path}/mine.py", *arguments),
        (*arguments, f"--plugin={tmp_path}/mine.py"),
    ):
        result = run_obclip(*place)
        assert json.loads(result.stdout)["candidates"] == ["a woman", "a man"], result.stderr
    missing = run_obclip(*arguments, "--plugin", "none.py")
    assert missing.returncode == 2
    assert missing.stderr == "obclip: --plugin none.py: there is no such file or folder\n"
    (tmp_path / "broken.py").write_text("raise ImportError('its library is missing')")
    broken = run_obclip(*arguments, "--plugin", f"{tmp_path}/broken.py")
    assert broken.returncode == 2
    assert "broken.py: ImportError: its library is missing" in broken.stderr
    assert "Traceback" in broken.stderr
    assert broken.stdout == ""


def test_a_lexicon_of_cues_alone() -> None:
    text = b'{"attribute": "eyes", "cues": [{"cue": ["monocle", "monocles"], "kind": "eyes", "reason": "x"}]}'
    assert lexicon_plugin(text, "x.json").attribute.lexicon.cues[0].surfaces == ("monocle", "monocles")


def test_the_schema_of_lexicons_is_closed() -> None:
    def walk(schema: object, path: str) -> list[str]:
        if not isinstance(schema, dict):
            return []
        found = [path] if schema.get("type") == "object" and "additionalProperties" not in schema else []
        return found + [one for key, value in schema.items() for one in walk(value, f"{path}/{key}")]

    assert walk(json.loads(lexicon_schema()), "") == []


def test_a_lexicon_written_in_a_policy_names_no_other_attribute() -> None:
    with pytest.raises(PluginError, match="the lexicon names the attribute 'hair'"):
        lexicon_plugin(json.dumps({**LEXICON, "attribute": "hair"}).encode(), "inline:eyes", "eyes")
