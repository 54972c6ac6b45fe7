"""The traffic attacker, against a server of this process that speaks the protocol and knows no model."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from obclip_privacy.audit.attackers.live_server import LiveServer
from obclip_privacy.audit.controls import LEAKY, control_prompts, control_rows, honest
from obclip_privacy.audit.session import Session, Wanted
from obclip_privacy.audit.tally import ALPHA, ALPHA_NOISY, AttackTally
from obclip_privacy.cli.main import main
from obclip_privacy.errors import BadInputError, NetworkError

MODEL = {
    "protocol": 1,
    "fingerprint": {"model_id": "none", "schedule": {"timestep_spacing": "trailing"}},
    "defaults": {
        "num_inference_steps": 9,
        "split": 3,
        "guidance_scale": 3.0,
        "height": 64,
        "width": 64,
    },
}


class Handler(BaseHTTPRequestHandler):
    """Answers with as many bytes as an honest server would: so many a candidate."""

    def do_GET(self) -> None:
        self.answer("application/json", json.dumps(MODEL).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)  # type: ignore[attr-defined]
        self.answer("application/vnd.obclip.denoise-result+safetensors", b"x" * 1000 * len(body["prompts"]))

    def answer(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.bodies = []  # type: ignore[attr-defined]
    thread = Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


def address(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def parts(
    server: ThreadingHTTPServer, tmp_path: Path, generator: Callable[[str], Sequence[str]]
) -> tuple[dict, dict]:
    path = tmp_path / "sets.jsonl"
    path.write_text("\n".join(map(json.dumps, control_rows(generator))), "utf-8")
    wanted = Wanted("sets", str(path), server=address(server), attackers=("traffic",))
    data = Session(wanted, generator).run()
    return {row["attacker"]: row for row in data["attackers"]}, data


def test_an_honest_device_sends_the_same_whoever_is_real(server, tmp_path: Path) -> None:
    rows, data = parts(server, tmp_path, honest)
    for name in ("traffic.request", "traffic.response"):
        assert rows[name]["accuracy"] == pytest.approx(1 / 6)
    assert rows["traffic.time"]["trials"] == 36
    assert {found["kind"] for found in data["findings"]} == set()
    seeds = {body["seed"] for body in server.bodies}
    assert len(seeds) == 1, "W(q) is compared at equal seed"
    assert len(server.bodies) == 36 * (6 * 3 + 1)


def test_bodies_that_depend_on_who_is_real(server, tmp_path: Path) -> None:
    rows, data = parts(server, tmp_path, LEAKY["real one first"])
    assert rows["traffic.request"]["accuracy"] == 1
    assert rows["traffic.response"]["accuracy"] == pytest.approx(1 / 6)
    assert data["verdict"] == "fail"


def test_sizes_of_answers_that_depend_on_who_is_real(server, tmp_path: Path) -> None:
    rows, _ = parts(server, tmp_path, LEAKY["a value missing"])
    assert rows["traffic.response"]["accuracy"] > rows["traffic.response"]["chance"] + 0.05


@pytest.mark.slow
def test_times_that_depend_on_who_is_real(server, tmp_path: Path) -> None:
    members = {prompt: index for index, prompt in enumerate(sorted(control_prompts()))}

    def slow(prompt: str) -> list[str]:
        time.sleep(0.02 * (members[prompt] % 7))
        return honest(prompt)

    rows, data = parts(server, tmp_path, slow)
    assert rows["traffic.request"]["accuracy"] == pytest.approx(1 / 6)
    assert rows["traffic.time"]["interval"][0] > rows["traffic.time"]["chance"]
    assert [found["detail"].partition(" on ")[0] for found in data["findings"]] == ["traffic.time"]


def test_a_policy_on_the_command_line(server, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.txt").write_text("a woman reading\nan old man with his dog\n" * 3, "utf-8")
    code = main(["audit", "--policy", "obclip-paper", "--input", "p.txt", "--server", address(server)])
    data = json.loads(capsys.readouterr().out)
    rows = {row["attacker"]: row for row in data["attackers"]}
    assert code == 0
    assert rows["traffic.request"]["accuracy"] == rows["traffic.request"]["chance"]
    assert rows["traffic.time"]["trials"] == 6
    assert rows["traffic.time"]["interval"] is not None


@pytest.mark.parametrize(
    "url",
    ["ftp://x", "127.0.0.1:80", "http://192.0.2.1", "https://me:secret@x", "http://[::1", "https://x?a"],
)
def test_addresses_that_are_not_used(url: str) -> None:
    with pytest.raises(BadInputError, match="--server") as caught:
        LiveServer(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_or_is_another(server, tmp_path: Path, capsys) -> None:
    with pytest.raises(NetworkError, match="cannot be reached"):
        LiveServer("http://127.0.0.1:9")
    prompts = tmp_path / "p.txt"
    prompts.write_text("a woman\n", "utf-8")
    assert main(["audit", "--input", str(prompts), "--server", "http://127.0.0.1:9"]) == 3
    assert "woman" not in capsys.readouterr().err


def test_noise_is_no_finding() -> None:
    tally = AttackTally()
    for hit in [1] * 9 + [0] * 9:  # 9 of 18 at chance 1/4: one run in fifty does as well
        tally.add(Fraction(hit), Fraction(1, 4), Fraction(1, 4))
    assert ALPHA_NOISY < tally.p_value < ALPHA
    for _ in range(20):
        tally.add(Fraction(1), Fraction(1, 4), Fraction(1, 4))
    assert tally.p_value < ALPHA_NOISY
