"""The commands: files, figures, one clear line and the right exit code for whatever goes wrong."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from obclip_gen import libs
from obclip_gen.backends.layout import PARTS, embedded_layout
from obclip_gen.cli import progress
from obclip_gen.denoise.loop import Watch
from obclip_gen.testing.tiny import write_tiny_model
from obclip_privacy.cli.main import main
from obclip_privacy.errors import BadInputError

PROMPT = "A young woman reading"


@pytest.fixture
def models(tiny_cloud_folder: Path, tiny_device_folder: Path) -> list[str]:
    return [
        f"--cloud-model=diffusers:{tiny_cloud_folder}",
        f"--device-model=diffusers:{tiny_device_folder}",
        "--policy=obclip-paper",
        "--steps=5",
        "--split=2",
    ]


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir()) if folder.exists() else []


def test_generate_writes_three_files(tmp_path: Path, models: list[str], capsys) -> None:
    out = tmp_path / "out"
    assert main(["generate", PROMPT, "--out", str(out), *models, "--seed=3"]) == 0
    assert names(out) == ["picture.png", "record.json", "sheet.png"]
    assert names(tmp_path) == ["out"]
    shown = capsys.readouterr().out
    for name in names(out):
        assert str(out / name) in shown
    assert "Hidden among n = 6" in shown
    assert "1/6" in shown
    assert "equally likely" in shown
    assert Image.open(out / "picture.png").size == (64, 64)
    text = (out / "record.json").read_text()
    record = json.loads(text)
    assert not any(word in text for word in ("woman", "reading", "real_index", "prompt"))
    assert (record["n"], record["k_eff"], record["n_sent"], record["seed"]) == (6, 6, 6, 3)
    assert record["posterior"] == {"joint": 1 / 6, "worst_attribute": 0.5, "prior": "uniform"}
    assert (record["split"], record["num_inference_steps"], record["device_steps"]) == (2, 5, 3)
    assert record["resumption"] == "exact"
    assert record["policy"]["name"] == "obclip-paper"
    assert record["cloud"] == "in process"
    assert record["cost"]["cloud"]["denoiser_rows"] == 24
    assert record["cost"]["device"]["denoiser_rows"] == 6
    assert record["bytes"]["up"] > 100
    assert record["bytes"]["down"] > 6 * 4 * 16 * 16 * 4 * 2
    for name in ("request_sha256", "set_sha256", "model_fingerprint"):
        assert len(record[name]) == 64
    assert record["models"]["cloud"] != record["models"]["device"]


def test_the_device_has_its_own_settings(tmp_path: Path, models: list[str], capsys) -> None:
    """Other levels, other guidance, no history: in the record, and in no byte that is sent."""
    records = []
    for name, more in (
        ("plain", []),
        ("own", ["--device-steps=9", "--device-guidance=2", "--device-solver=euler"]),
        ("restart", ["--restart"]),
    ):
        assert main(["generate", PROMPT, f"--out={tmp_path / name}", *models, "--seed=3", *more]) == 0
        records.append(json.loads((tmp_path / name / "record.json").read_text()))
    plain, own, restart = records
    assert plain["request_sha256"] == own["request_sha256"] == restart["request_sha256"]
    assert [record["resumption"] for record in records] == ["exact", "restart", "restart"]
    assert (own["device_num_inference_steps"], own["device_guidance_scale"]) == (9, 2.0)
    assert own["device_solver"]["name"] == "euler"
    assert (plain["device_num_inference_steps"], plain["device_solver"]) == (5, plain["solver"])
    assert main(["generate", PROMPT, f"--out={tmp_path / 'x'}", *models, "--solver=sa-solver"]) == 2
    assert "cannot be split: it draws noise" in capsys.readouterr().err
    assert main(["generate", PROMPT, f"--out={tmp_path / 'x'}", "--pair=nonesuch"]) == 2
    assert "use one of embedded, sd14-bk-sdm-small" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_tiny_decoder_takes_the_models_place(
    tmp_path: Path, models: list[str], tiny_device_folder: Path
) -> None:
    command = ["generate", PROMPT, *models, "--seed=3"]
    assert main([*command, f"--out={tmp_path / 'own'}"]) == 0
    other = write_tiny_model(tmp_path / "other", seed=9)
    assert main([*command, f"--out={tmp_path / 'tiny'}", f"--decoder={other / 'vae'}", "--low-memory"]) == 0
    own, tiny = ((tmp_path / name / "picture.png").read_bytes() for name in ("own", "tiny"))
    assert own != tiny
    assert main([*command, f"--out={tmp_path / 'x'}", f"--decoder={other / 'unet'}"]) == 2
    assert main([*command, f"--out={tmp_path / 'x'}", f"--decoder={tmp_path / 'none'}"]) == 2


def test_the_same_seed_gives_the_same_picture(tmp_path: Path, models: list[str]) -> None:
    pictures = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert main(["generate", PROMPT, "-o", str(tmp_path / name), *models, f"--seed={seed}"]) == 0
        pictures.append((tmp_path / name / "picture.png").read_bytes())
    assert pictures[0] == pictures[1] != pictures[2]


def test_json_on_standard_output(tmp_path: Path, models: list[str], capsys) -> None:
    assert main(["generate", PROMPT, "-o", str(tmp_path), *models, "--format=json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["record"] == json.loads((tmp_path / "record.json").read_text())
    assert printed["files"]["picture"] == str(tmp_path / "picture.png")


def test_over_http_is_as_in_process(tmp_path: Path, models: list[str], server, capsys) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    models = [*models, "--compute=float32"]  # as the server
    assert main(["generate", PROMPT, "-o", str(here), *models, "--seed=3"]) == 0
    device = [option for option in models if not option.startswith("--cloud")]
    assert main(["generate", PROMPT, "-o", str(there), *device, "--seed=3", "--server", server.url]) == 0
    one, two = (json.loads((folder / "record.json").read_text()) for folder in (here, there))
    assert one["request_sha256"] == two["request_sha256"]
    assert one["bytes"] == two["bytes"]
    assert (one["cloud"], two["cloud"]) == ("in process", "http")
    pictures = [Image.open(folder / "picture.png").convert("RGB") for folder in (here, there)]
    assert max(abs(a - b) for a, b in zip(*(picture.tobytes() for picture in pictures), strict=True)) <= 1


def test_what_the_cloud_does_not_read_is_told_alike_for_every_candidate(
    tmp_path: Path, models: list[str], server, capsys
) -> None:
    notes = []
    for place, who in enumerate(("young woman", "old man")):
        for cloud in ([], ["--server", server.url]):
            prompt = f"Portrait of a {who} " + "reading a book in a park, " * 12
            own = [option for option in models if not (cloud and option.startswith("--cloud"))]
            out = f"--out={tmp_path / f'{place}{len(cloud)}'}"
            negative = "--negative-prompt=" + "blurry " * 90
            assert main(["generate", prompt, out, *own, *cloud, negative]) == 0
            told = capsys.readouterr().err
            assert "note: the device does not read the end of your prompt: " in told
            assert "note: the device does not read the end of your negative prompt: " in told
            notes.append([line for line in told.splitlines() if "the cloud did not read" in line])
    assert len(notes[0]) == 2
    assert notes[0][0].startswith("note: the cloud did not read the end of 6 of its 6 candidates, at most: ")
    assert notes[0][0].endswith("reading a book in a park,")
    assert notes[0][1].startswith("note: the cloud did not read the end of its negative prompt: ")
    assert all(note == notes[0] for note in notes)


def test_nothing_hidden_is_said(tmp_path: Path, models: list[str], capsys) -> None:
    assert main(["generate", "A red bicycle", "-o", str(tmp_path), *models]) == 0
    assert "nothing about it is hidden" in capsys.readouterr().out
    assert json.loads((tmp_path / "record.json").read_text())["posterior"]["joint"] == 1


def test_without_any_cloud(tmp_path: Path, models: list[str], capsys) -> None:
    assert main(["generate", PROMPT, "-o", str(tmp_path), *models, "--split=0"]) == 0
    assert "nothing left this device" in capsys.readouterr().out
    record = json.loads((tmp_path / "record.json").read_text())
    assert (record["cloud"], record["request_sha256"], record["n_sent"]) == ("not used", None, 0)


def test_long_prompts_are_noted(tmp_path: Path, models: list[str], capsys) -> None:
    prompt, negative = PROMPT + " in a green garden" * 60, "blurry" + ", low quality" * 60 + ", the last"
    asked = ["generate", prompt, "--negative-prompt", negative, "-o", str(tmp_path), *models]
    assert main(asked) == 0
    said = capsys.readouterr().err
    assert "the device does not read the end of your prompt: " in said
    assert "the device does not read the end of your negative prompt: " in said
    assert "the cloud did not read the end of 6 of its 6 candidates, at most: " in said
    assert "the cloud did not read the end of its negative prompt: " in said
    assert "the last" in said


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({0: ""}, 2, "the prompt is empty"),
        ({0: "   "}, 2, "the prompt is empty"),
        ({0: "a" * 19_000}, 1, "refused, nothing was sent"),
        ({"--policy": "nonesuch"}, 2, "nonesuch"),
        ({"--steps": "0"}, 2, "--steps"),
        ({"--split": "9"}, 2, "split: must be from 0 to the number of steps, 5"),
        ({"--guidance": "99"}, 2, "--guidance"),
        ({"--height": "65"}, 2, "multiples of"),
        ({"--seed": str(2**63)}, 2, "seed"),
        ({"--solver": "nonesuch"}, 2, "ddim, euler, heun, dpmsolver++"),
        ({"--acceleration": "magic"}, 2, "exact, fast"),
        ({"--cloud-model": "nonesuch:x"}, 2, "SCHEME:MODEL"),
        ({"--cloud-model": "diffusers:/nonesuch"}, 2, "not a folder"),
        ({"--device": "nonesuch"}, 2, "nonesuch"),
        ({"--server": "ftp://x"}, 2, "not an address"),
        ({"--server": "http://example.org"}, 2, "--insecure-http"),
        ({"--server": "http://127.0.0.1:9"}, 3, "cannot be reached"),
        ({"--server": "http://127.0.0.1:9", "--token-file": "/nonesuch"}, 2, "token file"),
        ({"--server": "http://127.0.0.1:9", "--ca-file": "/nonesuch"}, 2, "certificates"),
    ],
)
def test_one_line_and_nothing_written(
    tmp_path: Path, models: list[str], capsys, change: dict[object, str], code: int, message: str
) -> None:
    arguments = ["generate", change.pop(0, PROMPT), "--out", str(tmp_path / "out"), *models]
    assert main([*arguments, *(f"{name}={value}" for name, value in change.items())]) == code
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert len(captured.err.strip().splitlines()) == 1
    assert "reading" not in captured.err
    assert names(tmp_path) == []


def test_a_wire_log_can_be_audited(tmp_path: Path, models: list[str], server, capsys) -> None:
    device = [option for option in models if not option.startswith("--cloud")]
    log, policy = tmp_path / "wire.jsonl", "--policy=obclip-paper"
    sent = []
    for place, prompt in enumerate(("an old man reading", "a young woman reading")):
        out = tmp_path / str(place)
        options = ["-o", str(out), "--server", server.url, "--wire-log", str(log), "--seed=3"]
        assert main(["generate", prompt, *device, policy, *options]) == 0
        sent.append(json.loads((out / "record.json").read_text())["request_sha256"])
    lines = log.read_bytes().splitlines()
    bodies = [line[len(b'{"body":') : line.index(b',"headers":')] for line in lines]
    assert [hashlib.sha256(body).hexdigest() for body in bodies] == sent
    assert sent[0] == sent[1]
    capsys.readouterr()
    assert main(["audit", "--wire", str(log), policy, "--format=json", "--fail-on", "closure>0"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "pass"


def test_without_a_server_there_is_nothing_to_log(tmp_path: Path, models: list[str], capsys) -> None:
    log = tmp_path / "wire.jsonl"
    assert main(["generate", PROMPT, "-o", str(tmp_path / "out"), *models, "--wire-log", str(log)]) == 2
    assert "wire log" in capsys.readouterr().err
    assert not log.exists()


def test_out_must_be_a_folder(tmp_path: Path, models: list[str], capsys) -> None:
    (tmp_path / "file").write_text("x")
    assert main(["generate", PROMPT, "--out", str(tmp_path / "file"), *models]) == 2
    assert "not a folder" in capsys.readouterr().err


def test_another_servers_device_does_not_fit(tmp_path: Path, server, capsys) -> None:
    arguments = ["--device-model=analytic:", "--policy=obclip-paper", "--server", server.url]
    assert main(["generate", PROMPT, "-o", str(tmp_path), *arguments]) == 2
    assert "downscale: cloud 4, device 8" in capsys.readouterr().err


def _heed_interruptions() -> None:
    """Jobs that a shell runs in the background ignore interruptions, and so would their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_interruption_leaves_nothing(tmp_path: Path, models: list[str]) -> None:
    """Ctrl-C while the server is waited for; the connection tells when that is."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "obclip_privacy", "generate", PROMPT, "--out", str(tmp_path / "out")]
        process = subprocess.Popen(
            [*command, *models, "--server", url],
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heed_interruptions,
        )
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "obclip: interrupted"
    assert "Traceback" not in errors
    assert names(tmp_path) == []


@pytest.mark.parametrize("phase", ["closure", "cloud", "device", "decode"])
def test_an_interruption_in_any_phase_leaves_nothing(
    tmp_path: Path, models: list[str], capsys, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    """Ctrl-C when a phase begins, or after its first step where it has steps."""
    reached = []

    @contextmanager
    def interrupting(*args: object, **options: object) -> Iterator[Callable[[str], Watch]]:
        def begin(current: str) -> Watch:
            def update(done: int, total: int) -> None:
                if current == phase and done == 1:
                    reached.append(current)
                    signal.raise_signal(signal.SIGINT)

            if current == phase and phase in ("closure", "decode"):
                update(1, 1)
            return Watch(progress=update)

        yield begin

    monkeypatch.setattr(progress, "generation_progress", interrupting)
    assert main(["generate", PROMPT, "--out", str(tmp_path / "out"), *models]) == 130
    captured = capsys.readouterr()
    assert reached == [phase]
    assert captured.out == ""
    assert captured.err == "obclip: interrupted\n"
    assert names(tmp_path) == []


def test_an_interruption_while_torch_loads_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []

    def slow(name: str) -> None:
        signal.raise_signal(signal.SIGINT)
        loaded.append(name)

    monkeypatch.setattr(libs, "library", slow)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        libs.load_torch()
    assert loaded == ["torch"]
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("command", [["generate", "--help"], ["serve", "--help"], ["models", "list"]])
def test_help_imports_no_torch(command: list[str]) -> None:
    code = (
        "import sys; from obclip_privacy.cli.main import main; main(sys.argv[1:]);"
        "print([m for m in ('torch', 'diffusers', 'transformers', 'spacy', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_models_list_and_info(tiny_cloud_folder: Path, capsys) -> None:
    assert main(["models", "list", "--format=json"]) == 0
    listed = [row["model"] for row in json.loads(capsys.readouterr().out)]
    assert "analytic:…" in listed
    assert any(name.startswith("embedded:") for name in listed)
    assert "hub:segmind/small-sd" in listed
    assert main(["models", "info", f"diffusers:{tiny_cloud_folder}", "--format=json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["latent_channels"] == 4
    assert shown["macs"]["denoiser_row"] > 1e6
    assert shown["parameters"]["unet"] > 1e4
    memory = shown["memory_bytes"]
    assert memory["weights"] >= 4 * sum(shown["parameters"].values())
    assert memory["working_at_most"] > 16 * 16 * 4 * memory["rows"]
    assert main(["models", "info", f"diffusers:{tiny_cloud_folder}"]) == 0
    assert "latent_channels" in capsys.readouterr().out
    assert main(["models", "info", "nonesuch"]) == 2


def test_serve_does_not_let_everybody_in(capsys, monkeypatch) -> None:
    monkeypatch.delenv("OBCLIP_TOKEN", raising=False)
    assert main(["serve", "--host", "192.0.2.1", "--model", "analytic:"]) == 2
    assert "--token-file" in capsys.readouterr().err


def test_serve_says_when_a_port_is_taken(server, capsys) -> None:
    port = server.url.rpartition(":")[2]
    assert main(["serve", "--port", port, "--model", "analytic:"]) == 2
    assert f"port {port}: Address already in use" in capsys.readouterr().err


def test_folders_that_are_no_models(tmp_path: Path, capsys, tiny_cloud_folder: Path) -> None:
    def refused(folder: Path) -> str:
        assert main(["models", "info", f"diffusers:{folder}"]) == 2
        error = capsys.readouterr().err
        assert len(error.strip().splitlines()) == 1
        return error

    (tmp_path / "empty").mkdir()
    assert "no unet or transformer, vae, scheduler, tokenizer, text_encoder" in refused(tmp_path / "empty")
    model = write_tiny_model(tmp_path / "model", sharing=tiny_cloud_folder)
    config = model / "unet" / "config.json"
    plain = json.loads(config.read_text())
    config.write_text(json.dumps(plain | {"_class_name": "SD3Transformer2DModel"}))
    assert "unet is a SD3Transformer2DModel" in refused(model)
    config.write_text(json.dumps(plain | {"addition_embed_type": "text_time"}))
    assert "has no text_encoder_2" in refused(model)
    config.write_text("{")
    assert "missing or not JSON" in refused(model)
    config.write_text(json.dumps(plain))
    weights = next((model / "unet").glob("*.safetensors"))
    kept = weights.read_bytes()
    weights.write_bytes(kept[: len(kept) // 2])
    assert "unet cannot be loaded" in refused(model)
    weights.rename(weights.with_suffix(".bin"))
    assert "diffusers:model" in refused(model)
    scheduler = model / "scheduler" / "scheduler_config.json"
    weights.with_suffix(".bin").unlink()
    weights.write_bytes(kept)
    scheduler.write_text(json.dumps({"_class_name": "FlowMatchEulerDiscreteScheduler"}))
    assert "flow matching" in refused(model)


def test_the_embedded_layout_shares_parts(tmp_path: Path) -> None:
    parts = {part: f"shared/{part}" for part in PARTS} | {"unet": "cloud/unet"}
    entry = {
        "title": "cloud",
        "height": 128,
        "width": 128,
        "num_inference_steps": 25,
        "split": 10,
        "guidance_scale": 3.0,
        "parts": parts,
    }
    index = tmp_path / "models.json"
    index.write_text(json.dumps({"format": 1, "models": {"cloud": entry}}))
    layout = embedded_layout("cloud", tmp_path)
    assert layout.model_id == "embedded:cloud"
    assert layout.parts["unet"] == tmp_path / "cloud" / "unet"
    assert layout.parts["vae"] == tmp_path / "shared" / "vae"
    with pytest.raises(BadInputError, match="use one of cloud"):
        embedded_layout("device", tmp_path)
    index.write_text(
        json.dumps({"format": 1, "models": {"cloud": entry | {"parts": parts | {"vae": "../x"}}}})
    )
    with pytest.raises(BadInputError, match="outside"):
        embedded_layout("cloud", tmp_path)
    index.write_text("[]")
    with pytest.raises(BadInputError, match="cannot be read"):
        embedded_layout("cloud", tmp_path)
    with pytest.raises(BadInputError, match="no embedded models"):
        embedded_layout("cloud", tmp_path / "nowhere")


def test_generation_makes_no_connection(tmp_path: Path, models: list[str]) -> None:
    """With every socket forbidden, everything in one process still works."""
    code = (
        "import socket, sys\n"
        "def forbidden(*a, **k): raise SystemExit('a connection was tried')\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = forbidden\n"
        "from obclip_privacy.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", code, "generate", PROMPT, "--out", str(tmp_path / "out"), *models],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert (done.returncode, done.stderr) == (0, "")
