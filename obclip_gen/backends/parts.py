"""Loads the parts of a model from folders in diffusers' format: safetensors only, local only, no code."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.layout import ModelLayout
from obclip_gen.backends.odd_settings import ERRORS, odd_setting, text_for_number
from obclip_gen.backends.openvino import DEVICE as OPENVINO
from obclip_gen.backends.text.sentencepiece import read_vocabulary
from obclip_gen.canonical import canonical_bytes
from obclip_gen.libs import library
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

#: Names of files of weights, whole or in shards: as they are by default, and in 16 bits.
_PLAIN = re.compile(r"[^.]+\.safetensors")
_HALF = re.compile(r"[^.]+\.fp16(-\d+-of-\d+)?\.safetensors")
#: Classes that diffusers split, by what tells the pieces apart. Models that were published before have the
#: old name in their configurations.
_SPLIT = {("Transformer2DModel", "ada_norm_single"): "PixArtTransformer2DModel"}
#: Bytes of the widest vector that a CPU loads, and what torch aligns its own memory to.
_VECTOR = 64


class Parts:
    """The parts of one model and how to load them."""

    def __init__(self, layout: ModelLayout, options: LoadOptions) -> None:
        """Take the folders.

        Raises:
            BadInputError: torch cannot use the device, or it has no arithmetic of this kind.
        """
        self.layout = layout
        self.device = torch_device(options.device)
        self.compute = choose_compute(options.compute, self.device)

    def has(self, part: str) -> bool:
        """Whether the model has this part."""
        return part in self.layout.parts

    def json(self, part: str, name: str) -> dict[str, Json]:
        """Read a JSON object of a part.

        Raises:
            BadInputError: it is missing or none.
        """
        return read_json(self.layout, part, name)

    def config(self, part: str, allowed: Sequence[str]) -> dict[str, Json]:
        """Read a part's configuration.

        Raises:
            BadInputError: the part is of none of the classes *allowed*.
        """
        config = self.json(part, "config.json")
        kind = class_of(config)
        if kind not in allowed:
            raise BadInputError(
                f"{self.layout.model_id}: {part} is a {kind}; this backend runs {' or '.join(allowed)}"
            )
        return config

    def load(self, part: str, module: str, kind: str, *, half: bool = True) -> Any:
        """Load a part in inference mode.

        Args:
            part: its name.
            module: ``diffusers`` or ``transformers``.
            kind: its class there.
            half: whether its weights may be kept in 16 bits, where the device computes so.

        Raises:
            BadInputError: its weights are missing, incomplete, damaged, quantised or of another architecture.
        """
        if self.json(part, "config.json").get("quantization_config"):
            raise BadInputError(
                f"{self.layout.model_id}: {part} is quantised; weights of 16 or 32 bits are needed"
            )
        cls = getattr(library(module), kind)
        name = text_for_number(getattr(cls, "config_class", None) or cls, self.json(part, "config.json"))
        if name:
            raise BadInputError(f"{self.layout.model_id}: {part}/config.json: {name} is of the wrong kind")
        try:
            loaded, told = cls.from_pretrained(
                str(self.layout.parts[part]),
                local_files_only=True,
                use_safetensors=True,
                variant=self._weights(part)[1],
                torch_dtype=self.weights_dtype(half=half),
                output_loading_info=True,
            )
        except (OSError, ValueError, RuntimeError, library("safetensors").SafetensorError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise BadInputError(f"{self.layout.model_id}: {part} cannot be loaded: {reason}") from None
        except (*ERRORS, library("huggingface_hub.errors").StrictDataclassError) as error:
            raise self.unusable(part, cls, error) from None
        lacking = told["missing_keys"]  # the libraries would leave them random
        if lacking:
            raise BadInputError(
                f"{self.layout.model_id}: {part} cannot be loaded: its weights lack {min(lacking)}"
            )
        return self.ready(loaded)

    def unusable(self, part: str, cls: Any, error: Exception) -> BadInputError:
        """Name the key of a part's configuration that its class could not use."""
        name = odd_setting(getattr(cls, "config_class", None) or cls, self.json(part, "config.json"))
        what = f"{name} is of the wrong kind" if name else f"its class cannot use it ({error!r})"
        return BadInputError(f"{self.layout.model_id}: {part}/config.json: {what}")

    def weights_dtype(self, *, half: bool) -> torch.dtype:
        """Give the type that weights are kept in: 16 bits where they may be and the device computes so."""
        narrow = half and self.device.type != "cpu" and self.compute is not torch.float32
        return self.compute if narrow else torch.float32

    def ready(self, loaded: Any) -> Any:
        """Put a part into inference mode, on the device.

        Weights that lie in a file stay there, wherever its header happens to end, and kernels round in
        another order where an address is not that of a whole vector. So such weights are copied: the same
        weights then give the same bits, whatever file they came from.
        """
        loaded.requires_grad_(False)
        for weight in loaded.parameters():
            if weight.data_ptr() % _VECTOR:
                weight.data = weight.data.clone()
        return loaded.eval().to(self.device)

    def tokenizer(self, part: str, kind: str) -> Any:
        """Load a tokenizer."""
        try:
            tokenizer = getattr(library("transformers"), kind).from_pretrained(
                str(self.layout.parts[part]), local_files_only=True
            )
        except (OSError, ValueError) as error:
            raise BadInputError(f"{self.layout.model_id}: {part} cannot be loaded: {error}") from None
        return tokenizer

    def t5_tokenizer(self, part: str) -> Any:
        """Load the tokenizer of a T5 encoder, which older models have as ``spiece.model`` alone.

        Raises:
            BadInputError: it cannot be loaded.
        """
        folder = self.layout.parts.get(part)
        if folder is None:
            raise BadInputError(f"{self.layout.model_id}: has no {part}")
        if (folder / "tokenizer.json").exists() or not (folder / "spiece.model").exists():
            return self.tokenizer(part, "T5TokenizerFast")
        try:
            found = read_vocabulary((folder / "spiece.model").read_bytes())
            return library("transformers").T5TokenizerFast(
                vocab=list(found.pieces),
                _spm_precompiled_charsmap=found.normaliser or None,
                extra_ids=0,
            )
        except (OSError, ValueError, BadInputError) as error:
            raise BadInputError(f"{self.layout.model_id}: {part} cannot be loaded: {error}") from None

    def clip_tokenizer(self, part: str) -> Any:
        """Load the tokenizer of a CLIP encoder, which must know its length."""
        tokenizer = self.tokenizer(part, "CLIPTokenizer")
        if not 3 <= tokenizer.model_max_length <= 1024:
            raise BadInputError(f"{self.layout.model_id}: tokenizer_config.json must state model_max_length")
        return tokenizer

    def _weights(self, part: str) -> tuple[list[Path], str | None]:
        """Find the files of weights that will be loaded, and their variant.

        A folder may hold the same weights twice, as ``model.safetensors`` and ``model.fp16.safetensors``.
        """
        folder = self.layout.parts[part]
        files = sorted(folder.glob("*.safetensors"))
        for variant in (None, "fp16"):
            kind = _PLAIN if variant is None else _HALF
            chosen = [file for file in files if kind.fullmatch(file.name)]
            if chosen:
                return chosen, variant
        raise BadInputError(
            f"{self.layout.model_id}: {part} has no safetensors file;"
            " other formats can run code and are refused"
        )

    def weights_sha256(self, *parts: str) -> str:
        """Hash the weights of parts: see :func:`tensors_sha256`."""
        return tensors_sha256(*(self.tensors(part) for part in parts))

    def tensors(self, part: str) -> dict[str, Tensor]:
        """Open the weights of a part, as they are stored; they stay in their files until they are used."""
        opened: dict[str, Tensor] = {}
        for file in self._weights(part)[0]:
            with library("safetensors").safe_open(str(file), framework="pt") as stored:
                opened |= {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        return opened


def tensors_sha256(*parts: Mapping[str, Tensor]) -> str:
    """Hash weights: names, number formats, shapes and bytes, in the order of the names.

    Which files they lie in, and in which order, is left out, and so is what differs between writers of the
    same text encoder: the prefix ``text_model.`` and the stored counting of positions.
    """
    total = hashlib.sha256()
    for part in parts:
        named = {name.removeprefix("text_model."): value for name, value in part.items()}
        for name in sorted(name for name in named if not name.endswith("position_ids")):
            value = named[name].contiguous()
            total.update(canonical_bytes({"name": name, "of": str(value.dtype), "shape": list(value.shape)}))
            total.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()


def read_json(layout: ModelLayout, part: str, name: str) -> dict[str, Json]:
    """Read a JSON object of a part.

    Raises:
        BadInputError: it is missing or none.
    """
    file = layout.parts[part] / name
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadInputError(f"{layout.model_id}: {part}/{name} is missing or not JSON") from None
    if not isinstance(value, dict):
        raise BadInputError(f"{layout.model_id}: {part}/{name} is not a JSON object")
    return value


def number_of(model_id: str, part: str, config: Mapping[str, Any], name: str) -> float:
    """Give a number above 0 of a part's configuration.

    Raises:
        BadInputError: it is none.
    """
    value = config.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise BadInputError(f"{model_id}: {part}/config.json: {name} must be a number above 0")
    return value


def class_of(config: dict[str, Json]) -> str | None:
    """Give the class that a configuration is of."""
    architectures = config.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else None
    kind = config.get("_class_name") or first
    if not isinstance(kind, str):
        return None
    return _SPLIT.get((kind, str(config.get("norm_type"))), kind)


def torch_device(name: str) -> torch.device:
    """Give a device that torch can use; ``auto`` takes CUDA, else Apple's, else the CPU.

    Beside OpenVINO, torch runs on the CPU.

    Raises:
        BadInputError: it cannot.
    """
    if name == OPENVINO:
        name = "cpu"
    elif name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError):
        raise BadInputError(f"device {name}: torch cannot use it here") from None
    return device


def choose_compute(asked: str, device: torch.device) -> torch.dtype:
    """Give the arithmetic of a denoiser; ``auto`` is the fastest that the hardware has units for.

    Raises:
        BadInputError: ``float16`` on a CPU.
    """
    if asked == "auto":
        if device.type == "cuda":
            return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
        if device.type == "mps":
            return torch.float16
        return torch.bfloat16 if fast_bfloat16() else torch.float32
    if asked == "float16" and device.type == "cpu":
        raise BadInputError("compute: float16 is not for the CPU; use bfloat16 or float32")
    kinds = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    return kinds[asked]


def fast_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware (AVX512-BF16 or AMX)."""
    flags = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(flags is not None and flags())
