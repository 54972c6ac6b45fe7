"""The audit's traffic attacker against a real ``obclip serve`` process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obclip_gen.client.http import ClientSettings, RemoteCloud
from obclip_gen.pipeline import Options, choose_settings
from obclip_gen.request import DenoiseRequest
from obclip_privacy.audit.attackers.live_server import LiveServer
from obclip_privacy.audit.controls import LEAKY, control_rows
from obclip_privacy.audit.session import Session, Wanted
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.cli.main import main
from obclip_privacy.policy.loader import load_policy
from tests.gen.conftest import RunningServer

pytestmark = pytest.mark.slow


def test_its_body_is_the_real_clients(server: RunningServer) -> None:
    found = Engine(load_policy("obclip-paper")).candidates("an old man with his dog")
    measuring = LiveServer(server.url)
    body = measuring.body(found.payload())
    seed = json.loads(body)["seed"]
    with RemoteCloud(ClientSettings(server.url)) as cloud:
        settings = choose_settings(cloud.describe(), Options(split=1, seed=seed))
    assert DenoiseRequest.from_payload(found.payload(), settings).to_bytes() == body
    exchange = measuring.send(found.payload())
    assert exchange.bytes_up == len(body)
    assert exchange.bytes_down > 6 * 4 * 4 * 16 * 16


def test_a_policy_over_prompts(server: RunningServer, tmp_path: Path, capsys) -> None:
    prompts = tmp_path / "p.txt"
    scenes = ("reading", "with his dog", "in a red coat", "at work", "on a bench", "by the sea")
    prompts.write_text("\n".join(f"an old man {scene}" for scene in scenes), "utf-8")
    code = main(["audit", "--policy", "obclip-paper", "--input", str(prompts), "--server", server.url])
    data = json.loads(capsys.readouterr().out)
    rows = {row["attacker"]: row for row in data["attackers"]}
    assert (code, data["verdict"]) == (0, "pass")
    for part in ("request", "response"):
        row = rows[f"traffic.{part}"]
        assert (row["accuracy"], row["chance"], row["trials"]) == (
            pytest.approx(1 / 6),
            pytest.approx(1 / 6),
            6,
        )
    low, high = rows["traffic.time"]["interval"]
    assert 0 <= low <= rows["traffic.time"]["accuracy"] <= high <= 1


def test_leaks_that_a_server_sees(server: RunningServer, tmp_path: Path) -> None:
    path = tmp_path / "sets.jsonl"
    for name, part in (("real one first", "request"), ("a value missing", "response")):
        rows = [row for index, row in enumerate(control_rows(LEAKY[name])) if index % 4 == 0]
        path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
        wanted = Wanted("sets", str(path), server=server.url, attackers=("traffic",))
        found = {row["attacker"]: row for row in Session(wanted, LEAKY[name]).run()["attackers"]}
        assert found[f"traffic.{part}"]["accuracy"] > found[f"traffic.{part}"]["chance"] + 0.04
