"""The conformance kit passes what is right and names what is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from obclip_gen.backends.analytic import AnalyticBackend
from obclip_gen.backends.entry import Defaults
from obclip_gen.backends.protocol import Backend, Conditioning, Macs, Memory
from obclip_gen.flow_schedule import FlowSchedule
from obclip_gen.testing.conformance import PROPERTIES, check_backend


class Guided(AnalyticBackend):
    """With guidance, so that the unconditional rows count."""

    @property
    def defaults(self) -> Defaults:
        return dataclasses.replace(super().defaults, guidance_scale=2.0)


class Drawing(Guided):
    def predict(self, latents: Tensor, timesteps: Tensor, conditioning: Conditioning) -> Tensor:
        output = super().predict(latents, timesteps, conditioning)
        return output + 0.01 * torch.rand_like(output)


class Mixing(Guided):
    def predict(self, latents: Tensor, timesteps: Tensor, conditioning: Conditioning) -> Tensor:
        output = super().predict(latents, timesteps, conditioning)
        return output + 0.1 * output[:1]


class Counting(Guided):
    """Remembers across requests."""

    calls = 0

    def predict(self, latents: Tensor, timesteps: Tensor, conditioning: Conditioning) -> Tensor:
        self.calls += 1
        return super().predict(latents, timesteps, conditioning) * (1 + 0.01 * self.calls)


class Deaf(Guided):
    def encode(self, prompts: Sequence[str]) -> Conditioning:
        return super().encode(["always the same"] * len(prompts))


class Crowding(Guided):
    def encode(self, prompts: Sequence[str]) -> Conditioning:
        tensors = super().encode(prompts).tensors
        return Conditioning({name: value + len(prompts) for name, value in tensors.items()})


class Glaring(Guided):
    def decode(self, latents: Tensor) -> Tensor:
        return 2 * super().decode(latents)


class Vague(Guided):
    def memory(self, height: int, width: int, rows: int) -> Memory:
        return Memory({}, 1000)


class Silent(Guided):
    def unread(self, prompt: str) -> str:
        return prompt[5:]


class Loose(Guided):
    def latent_shape(self, height: int, width: int) -> tuple[int, int, int]:
        return 4, height // 8, width // 8


class Cheap(Guided):
    """Says that it embeds guidance and does not."""

    def macs(self, height: int, width: int) -> Macs:
        return Macs(denoiser=int(torch.randint(1, 10**9, ()).item()), text_encoder=0, decoder=0)


@pytest.mark.parametrize("backend", [AnalyticBackend(), AnalyticBackend(FlowSchedule(shift=3.0)), Guided()])
def test_the_analytic_backend_conforms(backend: Backend) -> None:
    assert check_backend(backend) == ()


def test_a_stable_diffusion_model_conforms(mild_cloud: Backend) -> None:
    assert check_backend(mild_cloud) == ()


@pytest.mark.parametrize(
    ("backend", "wrong"),
    [
        (Drawing(), {"is_deterministic", "identical_candidates_are_identical", "splits_exactly"}),
        (Mixing(), {"order_does_not_matter"}),
        (Counting(), {"is_deterministic", "splits_exactly"}),
        (Deaf(), {"encodes_each_prompt_alone", "identical_candidates_are_identical"}),
        (Crowding(), {"encodes_each_prompt_alone"}),
        (Glaring(), {"decodes_into_range"}),
        (Vague(), {"states_its_memory"}),
        (Silent(), {"tells_what_it_does_not_read"}),
        (Loose(), {"follows_the_protocol"}),
        (Cheap(), {"keeps_a_cost_record"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_wrong_is_named(backend: Backend, wrong: set[str]) -> None:
    found = {line.partition(":")[0] for line in check_backend(backend)}
    assert wrong <= found
    assert len(found) < len(PROPERTIES) - 4
