"""Make a picture: the cloud denoises every candidate, this device finishes yours.

Writes picture.png, sheet.png (what the cloud saw beside what you got) and record.json, all or none.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from obclip_gen.cli.options import TOKEN_VARIABLE, ComputeChoice, PrecisionChoice, read_token, use_threads
from obclip_privacy.cli.output import Format, print_json

if TYPE_CHECKING:
    from obclip_gen.pipeline import Generation
    from obclip_privacy.policy.frozen import Json
    from obclip_privacy.policy.model import Policy

app = typer.Typer()

_PRIVACY, _MODELS, _DRAWING, _SERVER = "Privacy", "Models", "Drawing", "Server"


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help="What to draw, in your own words.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the files.", show_default=False)],
    policy: Annotated[
        str, typer.Option("--policy", "-p", help="Shipped policy or file.", rich_help_panel=_PRIVACY)
    ] = "default",
    negative_prompt: Annotated[str, typer.Option(help="What not to draw.", rich_help_panel=_DRAWING)] = "",
    split: Annotated[
        int | None,
        typer.Option(min=0, help="Steps k by the cloud; 0 leaves it out.", rich_help_panel=_DRAWING),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Steps T in all.", rich_help_panel=_DRAWING)
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Of the first noise; drawn if not given.", rich_help_panel=_DRAWING),
    ] = None,
    guidance: Annotated[
        float | None, typer.Option(min=0, max=50, help="Guidance scale.", rich_help_panel=_DRAWING)
    ] = None,
    height: Annotated[int | None, typer.Option(min=8, help="Pixels.", rich_help_panel=_DRAWING)] = None,
    width: Annotated[int | None, typer.Option(min=8, help="Pixels.", rich_help_panel=_DRAWING)] = None,
    solver: Annotated[
        str | None,
        typer.Option(help="Such as dpmsolver++, euler, lcm; default: the model's.", rich_help_panel=_DRAWING),
    ] = None,
    device_steps: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Steps of the device's own levels.", rich_help_panel=_DRAWING),
    ] = None,
    device_solver: Annotated[
        str | None, typer.Option(help="The device's own solver.", rich_help_panel=_DRAWING)
    ] = None,
    device_guidance: Annotated[
        float | None,
        typer.Option(min=0, max=50, help="The device's own guidance scale.", rich_help_panel=_DRAWING),
    ] = None,
    restart: Annotated[
        bool,
        typer.Option(
            "--restart",
            help="Device begins at first order, without the solver's history.",
            rich_help_panel=_DRAWING,
        ),
    ] = False,
    server: Annotated[
        str | None,
        typer.Option(help="Address of the cloud; without it the cloud runs here.", rich_help_panel=_SERVER),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(help=f"File with the server's token; or set {TOKEN_VARIABLE}.", rich_help_panel=_SERVER),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds to wait for the server.", rich_help_panel=_SERVER)
    ] = 600.0,
    ca_file: Annotated[
        Path | None, typer.Option(help="Certificates to trust.", rich_help_panel=_SERVER)
    ] = None,
    insecure_http: Annotated[
        bool,
        typer.Option("--insecure-http", help="Allow http beyond this machine.", rich_help_panel=_SERVER),
    ] = False,
    proxy_from_env: Annotated[
        bool,
        typer.Option("--proxy-from-env", help="Use the environment's proxy.", rich_help_panel=_SERVER),
    ] = False,
    wire_log: Annotated[
        Path | None,
        typer.Option(
            help="Append what is sent to this file, for 'obclip audit --wire'.", rich_help_panel=_SERVER
        ),
    ] = None,
    precision: Annotated[
        PrecisionChoice, typer.Option(help="Of the latents on the wire.", rich_help_panel=_SERVER)
    ] = PrecisionChoice.FLOAT32,
    plan: Annotated[
        str,
        typer.Option(
            "--plan",
            "--acceleration",
            help="Accelerations of the cloud phase, such as none, exact or fast.",
            rich_help_panel=_SERVER,
        ),
    ] = "none",
    device_plan: Annotated[
        str,
        typer.Option(help="Accelerations of the device phase, such as gate-at=15.", rich_help_panel=_MODELS),
    ] = "none",
    pair: Annotated[
        str,
        typer.Option(help="Models that fit, by name; see 'obclip models pairs'.", rich_help_panel=_MODELS),
    ] = "embedded",
    cloud_model: Annotated[
        str | None,
        typer.Option(
            help="The cloud model, unless --server: SCHEME:MODEL or FILE.safetensors; default: the pair's.",
            rich_help_panel=_MODELS,
        ),
    ] = None,
    device_model: Annotated[
        str | None,
        typer.Option(
            help="The device model, SCHEME:MODEL or FILE.safetensors; default: the pair's.",
            rich_help_panel=_MODELS,
        ),
    ] = None,
    chunks: Annotated[
        int,
        typer.Option(min=1, max=8, help="Blocks of 75 tokens that CLIP reads.", rich_help_panel=_MODELS),
    ] = 1,
    clip_skip: Annotated[
        int, typer.Option(min=0, max=8, help="Layers of CLIP to leave out.", rich_help_panel=_MODELS)
    ] = 0,
    no_t5: Annotated[
        bool,
        typer.Option("--no-t5", help="Stable Diffusion 3 without its T5 encoder.", rich_help_panel=_MODELS),
    ] = False,
    low_memory: Annotated[
        bool,
        typer.Option("--low-memory", help="Attention in slices, decoding in tiles.", rich_help_panel=_MODELS),
    ] = False,
    safety_checker: Annotated[
        bool, typer.Option(help="Use the checker that the device model ships.", rich_help_panel=_MODELS)
    ] = True,
    decoder: Annotated[
        str | None,
        typer.Option(
            help="Tiny decoder (TAESD) for this device: FOLDER or hub:OWNER/NAME.", rich_help_panel=_MODELS
        ),
    ] = None,
    compute: Annotated[
        ComputeChoice, typer.Option(help="Arithmetic of the denoisers.", rich_help_panel=_MODELS)
    ] = ComputeChoice.AUTO,
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, mps, openvino.", rich_help_panel=_MODELS)
    ] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads; default: torch's own.", rich_help_panel=_MODELS)
    ] = None,
    output_format: Annotated[
        Format, typer.Option("--format", "-f", help="What to print: table or json.")
    ] = Format.TABLE,
) -> None:
    """Make a picture: the cloud denoises every candidate, this device finishes yours.

    Writes picture.png, sheet.png (what the cloud saw beside what you got) and record.json, all or none.
    """
    from contextlib import ExitStack
    from dataclasses import replace

    from rich.console import Console

    from obclip_gen.backends.presets import pair as find_pair
    from obclip_gen.closure import accepted_candidates
    from obclip_gen.output.folder import check_writable
    from obclip_privacy.candidates.engine import Engine
    from obclip_privacy.errors import BadInputError
    from obclip_privacy.policy.loader import load_policy

    fit = find_pair(pair)
    cloud_name, device_name = cloud_model or fit.cloud, device_model or fit.device
    check_writable(out)
    if wire_log is not None and server is None:
        raise BadInputError("wire log: without --server nothing is sent")
    rules = load_policy(policy)
    source = Engine(rules)
    found = accepted_candidates(source, prompt, negative_prompt)

    from obclip_gen.libs import load_torch, quiet_libraries

    load_torch()
    from obclip_gen.backends.entry import LoadOptions
    from obclip_gen.backends.registry import load_backend
    from obclip_gen.cli.progress import generation_progress, print_note
    from obclip_gen.client.http import ClientSettings, RemoteCloud
    from obclip_gen.cloud import Cloud, LocalCloud
    from obclip_gen.output.words import cloud_notes, device_notes, picture_notes, steps_notes
    from obclip_gen.pipeline import Options
    from obclip_gen.pipeline import generate as run

    console = Console(stderr=True)
    quiet_libraries()
    use_threads(threads)
    load = LoadOptions(
        compute=compute.value,
        device=device,
        chunks=chunks,
        clip_skip=clip_skip,
        t5=not no_t5,
        low_memory=low_memory,
    )
    options = Options(
        num_inference_steps=steps,
        split=split,
        guidance_scale=guidance,
        height=height,
        width=width,
        seed=seed,
        solver=solver,
        acceleration=plan,
        device_plan=device_plan,
        precision=precision.value,
        device_solver=device_solver,
        device_steps=device_steps,
        device_guidance=device_guidance,
        restart=restart,
    )
    with ExitStack() as stack:
        cloud: Cloud
        if server is not None:
            settings = ClientSettings(
                url=server,
                token=read_token(token_file),
                total_seconds=timeout,
                allow_plain_http=insecure_http,
                use_environment=proxy_from_env,
                ca_file=ca_file,
                wire_log=wire_log,
            )
            cloud = stack.enter_context(RemoteCloud(settings))
        with console.status("loading models"):
            if server is None:
                cloud = LocalCloud(load_backend(cloud_name, load))
            finisher = load_backend(
                device_name, replace(load, decoder=decoder, safety_checker=safety_checker)
            )
        for note in device_notes(finisher, prompt, negative_prompt):
            print_note(console, note)
        watch = stack.enter_context(generation_progress(console, server=server is not None))
        made = run(found, source, cloud, finisher, options, watch)
    for note in (*cloud_notes(made), *steps_notes(made, finisher), *picture_notes(made)):
        print_note(console, note)
    _write(out, made, rules, finisher.fingerprint.to_json(), server is not None, output_format)


def _write(
    out: Path,
    made: Generation,
    policy: Policy,
    device_fingerprint: dict[str, Json],
    server: bool,
    output_format: Format,
) -> None:
    """Write the three files and print what was done."""
    import io
    import json

    from obclip_gen.output.folder import write_all
    from obclip_gen.output.record import make_record
    from obclip_gen.output.sheet import draw_sheet, to_image
    from obclip_gen.output.words import sheet_words

    record = make_record(made, policy, device_fingerprint, server)
    images = {
        "picture.png": to_image(made.picture),
        "sheet.png": draw_sheet(sheet_words(made, policy), made.picture, made.seen, made.estimates),
    }
    files: dict[str, bytes] = {}
    for name, image in images.items():
        stream = io.BytesIO()
        image.save(stream, format="PNG")
        files[name] = stream.getvalue()
    files["record.json"] = (json.dumps(record, indent=2) + "\n").encode()
    write_all(out, files)
    paths: dict[str, Json] = {name.partition(".")[0]: str(out / name) for name in files}
    if output_format is Format.TABLE:
        _print_summary(made, policy, paths)
    else:
        print_json({"files": paths, "record": record})


def _print_summary(made: Generation, policy: Policy, paths: dict[str, Json]) -> None:
    from obclip_gen.output.words import cost_line, privacy_lines

    for path in paths.values():
        typer.echo(f"wrote {path}")
    for line in (*privacy_lines(made, policy), cost_line(made)):
        typer.echo(line)
