from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from obclip_privacy.candidates.engine import Engine
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.shipped import shipped_names

PROMPTS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "prompts.jsonl").read_text("utf-8").splitlines()
]


@cache
def engine_for(name: str) -> Engine:
    return Engine(load_policy(name))


@pytest.fixture(scope="session")
def default() -> Engine:
    return engine_for("default")


@pytest.fixture(scope="session")
def strict() -> Engine:
    return engine_for("strict")


@pytest.fixture(scope="session")
def paper() -> Engine:
    return engine_for("obclip-paper")


@pytest.fixture(scope="session", params=sorted(shipped_names()))
def shipped(request: pytest.FixtureRequest) -> Engine:
    return engine_for(request.param)


@pytest.fixture
def make_engine(tmp_path: Path):
    """An engine for a policy given as its JSON, with the fields that every policy needs filled in."""

    def make(**policy: object) -> Engine:
        path = tmp_path / "policy.json"
        path.write_text(json.dumps({"schema_version": 1, "name": "test", **policy}), "utf-8")
        return Engine(load_policy(str(path)))

    return make
