"""The denoiser on OpenVINO instead of torch (``--device openvino``), on the CPU.

Whatever the family, its forward is traced once per size of pictures and compiled; rows and lengths of text
may change from call to call. All else stays on torch: text encoders, autoencoder, solver. Steps inside the
denoiser are out of reach of accelerations that look into it.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from obclip_privacy.errors import BadInputError

#: The name that ``--device`` takes.
DEVICE = "openvino"
_TELEMETRY = "openvino_telemetry"
_PRECISION = {torch.float32: "f32", torch.bfloat16: "bf16"}

#: A family's way to call its denoiser: denoiser, latents, timesteps, conditioning.
Run = Callable[[Any, Tensor, Tensor, Mapping[str, Tensor]], Tensor]


def load_openvino() -> Any:
    """Import OpenVINO, without the package beside it that reports each import and conversion to its makers.

    Raises:
        BadInputError: it is not installed.
    """
    if _TELEMETRY not in sys.modules:
        sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # makes an import of it fail
    try:
        return importlib.import_module("openvino")
    except ImportError as error:
        raise BadInputError(
            f"device openvino: it is not installed ({error}); try: pip install 'obclip[openvino]'"
        ) from None


class _Forward(nn.Module):
    """A family's call with plain tensors, so that it can be traced."""

    def __init__(self, denoiser: nn.Module, run: Run, names: tuple[str, ...]) -> None:
        super().__init__()
        self.denoiser = denoiser
        self._call = run
        self._names = names

    def forward(self, latents: Tensor, timesteps: Tensor, *conditioning: Tensor) -> Tensor:
        return self._call(
            self.denoiser, latents, timesteps, dict(zip(self._names, conditioning, strict=True))
        )


class OpenVinoRuntime:
    """Runs the denoiser of one model."""

    def __init__(self, denoiser: nn.Module, run: Run, compute: torch.dtype) -> None:
        """Take a denoiser; nothing is compiled before it is used.

        Args:
            denoiser: in float32, on the CPU.
            run: calls it.
            compute: arithmetic, float32 or bfloat16.

        Raises:
            BadInputError: OpenVINO is not installed.
        """
        self._openvino = load_openvino()
        self._denoiser = denoiser
        self._run = run
        self._settings = {
            "INFERENCE_PRECISION_HINT": _PRECISION[compute],
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "NUM_STREAMS": "1",
        }
        self._compiled: tuple[tuple[int, ...], Any] | None = None

    def __call__(self, latents: Tensor, timesteps: Tensor, tensors: Mapping[str, Tensor]) -> Tensor:
        """Run the denoiser; see :meth:`~obclip_gen.backends.protocol.Backend.predict`."""
        inputs = (latents.contiguous(), timesteps.float(), *tensors.values())
        size = tuple(latents.shape[1:])
        if self._compiled is None or self._compiled[0] != size:
            self._compiled = None  # one size at a time, so that the old one's memory is free for the new
            self._compiled = size, self._compile(inputs, tuple(tensors))
        output = self._compiled[1]([value.numpy() for value in inputs])[0]
        return torch.from_numpy(output.copy())

    def _compile(self, inputs: tuple[Tensor, ...], names: tuple[str, ...]) -> Any:
        """Trace and compile for one size of pictures, any number of rows and any length of text."""
        # two rows: a single one could be taken for a constant
        example = tuple(torch.cat([value[:1], value[:1]]) for value in inputs)
        module = _Forward(self._denoiser, self._run, names).eval()
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # what the trace takes for constant is so at one size
            model = self._openvino.convert_model(module, example_input=example)
        latents = model.inputs[0]
        model.reshape({latents: self._openvino.PartialShape([-1, *inputs[0].shape[1:]])})
        return self._openvino.Core().compile_model(model, "CPU", self._settings)
