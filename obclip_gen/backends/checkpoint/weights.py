"""The weights of a checkpoint's parts, under the names that diffusers and transformers give them.

The names are converted by diffusers' own functions. Only the tensors of one part are opened at a time, and
they stay in the file until they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from obclip_gen.backends.checkpoint.kinds import UNET, VAE, Encoder
from obclip_gen.libs import library

_UTILS = "diffusers.loaders.single_file_utils"
_BLOCKS = "transformer.resblocks."
#: Not weights: counted from 0 wherever they are stored.
_POSITIONS = "position_ids"
#: Left over from the training of an autoencoder.
_SCRAPS = (f"{VAE}loss.", f"{VAE}model_ema.")


class Weights:
    """The weights of one file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def unet(self, config: Mapping[str, Any]) -> dict[str, Tensor]:
        """Give those of the U-Net.

        Raises:
            ValueError: the file has some that a U-Net of this configuration has not.
        """
        return _all_of(self._under(UNET), lambda given: _convert("unet", given, config))

    def vae(self, config: Mapping[str, Any]) -> dict[str, Tensor]:
        """Give those of the autoencoder.

        Raises:
            ValueError: as :meth:`unet`.
        """
        return _all_of(self._under(VAE), lambda given: _convert("vae", given, config))

    def clip(self, encoder: Encoder, config: Mapping[str, Any]) -> dict[str, Tensor]:
        """Give those of a text encoder; names start with ``text_model.`` where the model is projected."""
        given = self._under(encoder.prefix)
        if encoder.open_clip:
            found = _open_clip(given, encoder, config)
        else:
            found = library(_UTILS).convert_ldm_clip_checkpoint(given)
        plain = {name.removeprefix("text_model."): value for name, value in found.items()}
        if not encoder.projected:
            return plain
        outside = "text_projection.weight"
        return {name if name == outside else f"text_model.{name}": value for name, value in plain.items()}

    def _under(self, prefix: str) -> dict[str, Tensor]:
        safetensors = library("safetensors")
        try:
            with safetensors.safe_open(str(self._file), framework="pt") as opened:
                return {
                    name: opened.get_tensor(name)
                    for name in opened.keys()  # noqa: SIM118  # not a mapping
                    if name.startswith(prefix)
                    and not name.endswith(_POSITIONS)
                    and not name.startswith(_SCRAPS)
                }
        except safetensors.SafetensorError as error:
            raise ValueError(f"the file is damaged: {error}") from None


def _convert(part: str, given: dict[str, Tensor], config: Mapping[str, Any]) -> dict[str, Tensor]:
    converted: dict[str, Tensor] = getattr(library(_UTILS), f"convert_ldm_{part}_checkpoint")(given, config)
    return converted


def _all_of(
    given: dict[str, Tensor], convert: Callable[[dict[str, Tensor]], dict[str, Tensor]]
) -> dict[str, Tensor]:
    """Convert; the number of tensors stays, or some were left out without a word."""
    converted = convert(given)
    if len(converted) != len(given):
        raise ValueError(f"{len(given) - len(converted)} of its tensors have no place in this family")
    return converted


def _open_clip(given: Mapping[str, Tensor], encoder: Encoder, config: Mapping[str, Any]) -> dict[str, Tensor]:
    """Convert OpenCLIP's names, without what the family does not run."""
    kept = {}
    for name, value in given.items():
        rest = name.removeprefix(encoder.prefix)
        number = rest.removeprefix(_BLOCKS).split(".")[0] if rest.startswith(_BLOCKS) else "0"
        spare = int(number) >= int(config["num_hidden_layers"])
        if not spare and (encoder.projected or rest != "text_projection"):
            kept[name] = value
    # the model is only asked for its width, where the file has no projection that tells it
    asked = SimpleNamespace(config=SimpleNamespace(hidden_size=int(config["hidden_size"])))
    found: dict[str, Tensor] = library(_UTILS).convert_open_clip_checkpoint(asked, kept, encoder.prefix)
    return found
