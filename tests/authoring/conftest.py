from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from obclip_privacy.plugins.vocabulary import installed_vocabulary
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import Policy
from obclip_privacy.policy.vocabulary import Vocabulary

MakePolicy = Callable[..., Policy]


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return installed_vocabulary()


@pytest.fixture
def make(tmp_path: Path) -> MakePolicy:
    """A policy given as its JSON, with the keys that every policy needs filled in."""

    def loaded(**keys: Json) -> Policy:
        path = tmp_path / "policy.json"
        path.write_text(json.dumps({"schema_version": 1, "name": "test", **keys}))
        return load_policy(path)

    return loaded
