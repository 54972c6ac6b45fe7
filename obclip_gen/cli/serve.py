"""Run the cloud side: a server that denoises candidate sets.

It prints one line when it takes requests, logs to standard error, and never logs a prompt.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from obclip_gen.cli.notes import note_few_steps
from obclip_gen.cli.options import TOKEN_VARIABLE, ComputeChoice, read_token, use_threads
from obclip_gen.client.address import is_loopback
from obclip_gen.request import RequestLimits
from obclip_privacy.errors import BadInputError

app = typer.Typer()

_LIMITS = RequestLimits()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8420,
    model: Annotated[
        str, typer.Option(help="The cloud model, SCHEME:MODEL or FILE.safetensors; see 'obclip models list'.")
    ] = "embedded:cloud",
    compute: Annotated[ComputeChoice, typer.Option(help="Arithmetic of the denoiser.")] = ComputeChoice.AUTO,
    device: Annotated[str, typer.Option(help="Where to compute: auto, cpu, cuda, mps, openvino.")] = "auto",
    chunks: Annotated[int, typer.Option(min=1, max=8, help="Blocks of 75 tokens that CLIP reads.")] = 1,
    clip_skip: Annotated[int, typer.Option(min=0, max=8, help="Layers of CLIP to leave out.")] = 0,
    no_t5: Annotated[
        bool, typer.Option("--no-t5", help="Stable Diffusion 3 without its T5 encoder.")
    ] = False,
    low_memory: Annotated[
        bool, typer.Option("--low-memory", help="Attention in slices, decoding in tiles.")
    ] = False,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; default: torch's own.")] = None,
    max_queue: Annotated[int, typer.Option(min=0, help="Requests that may wait; more get 429.")] = 16,
    max_candidates: Annotated[
        int, typer.Option(min=1, help="Candidates in one request.")
    ] = _LIMITS.max_candidates,
    max_steps: Annotated[int, typer.Option(min=1, help="Steps T of a request.")] = _LIMITS.max_steps,
    max_pixels: Annotated[
        int, typer.Option(min=64, help="Height times width of a request.")
    ] = _LIMITS.max_pixels,
    token_file: Annotated[
        Path | None,
        typer.Option(help=f"File with the bearer token to ask for; or set {TOKEN_VARIABLE}."),
    ] = None,
    allow_anonymous: Annotated[
        bool, typer.Option("--allow-anonymous", help="Listen beyond this machine without a token.")
    ] = False,
) -> None:
    """Run the cloud side: a server that denoises candidate sets.

    Put a TLS proxy before it when it listens beyond this machine. Stop it with Ctrl-C: running work ends
    at the next step.
    """
    token = read_token(token_file)
    if token is None and not allow_anonymous and not is_loopback(host):
        raise BadInputError(
            f"listening on {host} without a token lets everybody in; use --token-file,"
            f" {TOKEN_VARIABLE} or --allow-anonymous"
        )

    from obclip_gen.libs import library, load_torch, quiet_libraries

    load_torch()
    library("fastapi")
    library("uvicorn")
    from obclip_gen.backends.entry import LoadOptions
    from obclip_gen.backends.registry import load_backend
    from obclip_gen.server.app import create_app
    from obclip_gen.server.run import bind
    from obclip_gen.server.run import serve as run
    from obclip_gen.server.settings import ServerSettings

    bound = bind(host, port)
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
    backend = load_backend(model, load)
    note_few_steps(backend)
    limits = RequestLimits(max_candidates=max_candidates, max_steps=max_steps, max_pixels=max_pixels)
    settings = ServerSettings(limits=limits, max_queue=max_queue, token=token)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{bound.getsockname()[1]}"
    run(create_app(backend, settings), bound, lambda: _announce(backend.fingerprint.model_id, address))


def _announce(model: str, address: str) -> None:
    typer.echo(f"obclip serve: {model} on {address} (Ctrl-C stops it)")
    typer.get_text_stream("stdout").flush()
