"""docs/policies.md cannot rot: its policies hold, and it names every key, strategy and shipped policy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from obclip_privacy.cli.policy_tests import run_policy_tests
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import Strategy
from obclip_privacy.policy.schema import schema_text
from obclip_privacy.policy.shipped import shipped_names

TEXT = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
POLICIES = re.findall(r"```json\n(.*?)```", TEXT, flags=re.DOTALL)


def test_there_are_examples() -> None:
    assert len(POLICIES) >= 2


@pytest.mark.parametrize("policy", POLICIES, ids=lambda text: json.loads(text)["name"])
def test_every_policy_in_the_docs_is_valid_and_holds(policy: str, tmp_path: Path) -> None:
    path = tmp_path / "example.json"
    path.write_text(policy, encoding="utf-8")
    assert [case.failures for case in run_policy_tests(load_policy(path)) if case.failures] == []


def test_every_key_is_documented() -> None:
    schema = json.loads(schema_text())
    sections = [schema, *(schema["$defs"][name] for name in ("attribute", "value", "limits", "guarantee"))]
    keys = [key for section in sections for key in section.get("properties", {})]
    assert len(keys) > 25
    assert [key for key in keys if f"`{key}`" not in TEXT] == []


def test_every_strategy_and_shipped_policy_is_documented() -> None:
    names = [*(strategy.value for strategy in Strategy), *shipped_names()]
    assert [name for name in names if f"| `{name}` |" not in TEXT] == []
