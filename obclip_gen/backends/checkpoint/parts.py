"""A single-file checkpoint as the parts of a model.

The file gives the weights. A folder of the same name beside it (``model.safetensors`` and ``model/``), in
diffusers' format, may give what a file cannot say: configurations and tokenizers come from there where it has
them, and so does a part that the file lacks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from obclip_gen.backends.checkpoint.header import read_header
from obclip_gen.backends.checkpoint.kinds import UNET, VAE, Encoder, kind_of
from obclip_gen.backends.checkpoint.shapes import clip_config, read_shapes, unet_config, vae_config
from obclip_gen.backends.checkpoint.weights import Weights
from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.layout import ModelLayout
from obclip_gen.backends.odd_settings import ERRORS
from obclip_gen.backends.parts import Parts, tensors_sha256
from obclip_gen.backends.text.vocabulary import CLIP_TOKENS, clip_tokenizer
from obclip_gen.libs import library
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

#: Written into files by their authors: the prediction type (Stability AI's ModelSpec, version 1), and marks
#: of models that were made for velocity, and for a schedule that ends in pure noise.
_SPEC, _VELOCITY, _PURE_NOISE = "modelspec.prediction_type", "v_pred", "ztsnr"
_SPEC_NAMES = {"epsilon": "epsilon", "v": "v_prediction"}


class CheckpointParts(Parts):
    """See the module."""

    def __init__(self, layout: ModelLayout, options: LoadOptions, file: Path, prediction: str | None) -> None:
        """Read the file's header.

        Args:
            layout: of the folder beside the file; no parts where there is none.
            options: how to load.
            file: the checkpoint.
            prediction: what the U-Net gives, where the person says so.

        Raises:
            BadInputError: the file is not a checkpoint of these families, or is quantised.
        """
        super().__init__(layout, options)
        self._file = file
        self._header = header = read_header(file)
        self._kind = kind_of(header, file.name)
        self._weights_of = Weights(file)
        self._prediction = prediction
        self._prefixes = {"unet": UNET}
        if header.under(VAE):
            self._prefixes["vae"] = VAE
        self._prefixes |= {part: encoder.prefix for part, encoder in self._kind.encoders.items()}
        for part, prefix in self._prefixes.items():
            odd = header.quantised(prefix)
            if odd is not None:
                raise BadInputError(
                    f"file: {file.name}: {part} is in {odd}; weights of 16 or 32 bits are needed"
                )
        if not self.has("vae"):
            raise BadInputError(
                f"file: {file.name} has no autoencoder; put its family's into {file.with_suffix('') / 'vae'}"
            )

    def has(self, part: str) -> bool:
        """Whether the file or the folder beside it has this part; every text encoder has a tokenizer."""
        encoder = part.replace("tokenizer", "text_encoder")
        return part in self._prefixes or encoder in self._kind.encoders or super().has(part)

    def json(self, part: str, name: str) -> dict[str, Json]:
        """Read a JSON object of the folder beside the file, else tell it from the file.

        Raises:
            BadInputError: it cannot be read, or the file does not tell it.
        """
        folder = self.layout.parts.get(part)
        if folder is not None and ((folder / name).exists() or part not in (*self._prefixes, "scheduler")):
            return super().json(part, name)
        if part == "scheduler":
            return self._schedule()
        return read_shapes(f"file: {self._file.name}: {part}", lambda: self._told(part))

    def _told(self, part: str) -> dict[str, Any]:
        shapes = self._header.under(self._prefixes[part])
        if part == "unet":
            return unet_config(shapes, self._side() // 8, self._pooled())
        if part == "vae":
            return vae_config(shapes, self._side(), self._kind.scaling)
        return clip_config(shapes, self._kind.encoders[part])

    def _side(self) -> int:
        velocity = self._kind.prediction is None and self._predicts() == "v_prediction"
        return 768 if velocity else self._kind.side

    def _pooled(self) -> int | None:
        second = self._kind.encoders.get("text_encoder_2")
        return None if second is None else self._header.shapes[f"{second.prefix}text_projection"][1]

    def _predicts(self) -> str:
        """Tell what the U-Net gives: said by the person, else by the file, else the same in all its family.

        Raises:
            BadInputError: nothing of it.
        """
        said = self._prediction or _SPEC_NAMES.get(self._header.metadata.get(_SPEC, ""))
        if said is None and _VELOCITY in self._header.shapes:
            said = "v_prediction"
        said = said or self._kind.prediction
        if said is None:
            raise BadInputError(
                f"file: {self._file.name}: weights of {self._kind.title} do not tell what the model predicts;"
                f" write {self._file.name}@epsilon (made for 512 pixels) or"
                f" {self._file.name}@v_prediction (768)"
            )
        return said

    def _schedule(self) -> dict[str, Json]:
        return {
            "beta_schedule": "scaled_linear",
            "beta_start": 0.00085,
            "beta_end": 0.012,
            "num_train_timesteps": 1000,
            "prediction_type": self._predicts(),
            "rescale_betas_zero_snr": _PURE_NOISE in self._header.shapes,
            "set_alpha_to_one": False,
            "steps_offset": 1,
            "timestep_spacing": "leading",
        }

    def load(self, part: str, module: str, kind: str, *, half: bool = True) -> Any:
        """Load a part: see :meth:`Parts.load`."""
        if part not in self._prefixes:
            return super().load(part, module, kind, half=half)
        state, cls = self._state(part), getattr(library(module), kind)
        dtype = self.weights_dtype(half=half)
        try:
            if module == "transformers":
                loaded = _transformer(cls, self.json(part, "config.json"), state, dtype)
            else:
                loaded = _diffuser(cls, self.json(part, "config.json"), state, dtype)
        except (RuntimeError, ValueError) as error:
            raise self._unfit(part, error) from None
        except ERRORS as error:
            raise self.unusable(part, cls, error) from None
        return self.ready(loaded)

    def _state(self, part: str) -> dict[str, Tensor]:
        config = self.json(part, "config.json")
        try:
            if part in self._kind.encoders:
                return self._weights_of.clip(self._kind.encoders[part], config)
            return self._weights_of.unet(config) if part == "unet" else self._weights_of.vae(config)
        except (ValueError, KeyError, AttributeError) as error:
            raise self._unfit(part, error) from None

    def _unfit(self, part: str, error: Exception) -> BadInputError:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        return BadInputError(f"file: {self._file.name}: {part} cannot be loaded: {reason}")

    def clip_tokenizer(self, part: str) -> Any:
        """Load the tokenizer of the folder beside the file, else CLIP's own.

        Raises:
            BadInputError: the text encoder knows another vocabulary than CLIP's.
        """
        if super().has(part):
            return super().clip_tokenizer(part)
        name = part.replace("tokenizer", "text_encoder")
        config = self.json(name, "config.json")
        if config["vocab_size"] != CLIP_TOKENS:
            raise BadInputError(
                f"file: {self._file.name}: {name} knows {config['vocab_size']} tokens, CLIP {CLIP_TOKENS};"
                f" put its tokenizer into {self._file.with_suffix('') / part}"
            )
        encoder: Encoder = self._kind.encoders[name]
        return clip_tokenizer(int(str(config["max_position_embeddings"])), encoder.pad)

    def weights_sha256(self, *parts: str) -> str:
        """Hash the weights of parts, as if they lay in a folder."""
        return tensors_sha256(*(self._hashed(part) for part in parts))

    def _hashed(self, part: str) -> dict[str, Tensor]:
        return self._state(part) if part in self._prefixes else self.tensors(part)


def _diffuser(cls: Any, config: dict[str, Json], state: dict[str, Tensor], dtype: torch.dtype) -> Any:
    with torch.device("meta"):
        model = cls.from_config(config)
    model.load_state_dict({name: value.to(dtype) for name, value in state.items()}, strict=True, assign=True)
    return model


def _transformer(cls: Any, config: dict[str, Json], state: dict[str, Tensor], dtype: torch.dtype) -> Any:
    model = cls.from_pretrained(
        None, config=cls.config_class.from_dict(config), state_dict=state, dtype=dtype
    )
    odd = set(model.state_dict()) ^ set(state)
    if odd:
        raise ValueError(f"the tensor {min(odd)} is missing or of another family")
    return model
