"""The engine is the U-Net, operation for operation, and its ledger is what was really computed."""

from __future__ import annotations

import pytest
import torch
from diffusers import UNet2DConditionModel
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from obclip_gen.backends.architectures import ARCHITECTURES, architecture
from obclip_gen.backends.engine import PLAIN, Attention, AttentionMemo, AttentionUse, Cost, Work
from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.protocol import Conditioning
from obclip_gen.backends.unet_engine import UNetEngine
from obclip_gen.backends.unet_meter import PriceList
from obclip_privacy.errors import BadInputError

#: The published architectures with a tenth of their channels, at 16x16 latents.
SHAPES = ("sd14", "sd21", "sdxl", "bk-sdm-small", "bk-sdm-tiny", "ssd-1b")
COUNTED = ("sd21", "sdxl")
CELLS, LENGTH, PROMPTS = 16, 7, 3


def tiny_config(name: str) -> dict:
    config = dict(ARCHITECTURES[name].config)
    channels = config.get("block_out_channels", (320, 640, 1280, 1280))
    heads = config["attention_head_dim"]
    config |= {
        "sample_size": CELLS,
        "block_out_channels": tuple(c // 20 for c in channels),
        "attention_head_dim": [2] * len(channels) if isinstance(heads, list) else 2,
        "cross_attention_dim": 24,
        "norm_num_groups": 4,
    }
    if "transformer_layers_per_block" in config and "reverse_transformer_layers_per_block" not in config:
        config["transformer_layers_per_block"] = [1, 1, 2]
    if "addition_embed_type" in config:
        config |= {"addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 8 * 6 + 10}
    return config


def made(name: str) -> tuple[UNet2DConditionModel, PriceList]:
    torch.manual_seed(3)
    config = tiny_config(name)
    return UNet2DConditionModel(**config).eval(), PriceList(config, (CELLS, CELLS), LENGTH)


@pytest.fixture(scope="module", params=SHAPES)
def tiny(request) -> tuple[UNet2DConditionModel, PriceList]:
    return made(request.param)


def free(work: Work) -> tuple[Cost, Cost]:
    """For tests that look at values only."""
    return Cost(), Cost()


def text_for(unet: UNet2DConditionModel, rows: int) -> Conditioning:
    tensors = {"encoder_hidden_states": torch.randn(rows, LENGTH, 24)}
    if unet.config.addition_embed_type:
        tensors |= {"text_embeds": torch.randn(rows, 10), "time_ids": torch.full((rows, 6), 16.0)}
    return Conditioning(tensors)


def own_forward(unet, latents, times, text) -> torch.Tensor:
    added = {name: text.tensors[name] for name in ("text_embeds", "time_ids") if name in text.tensors}
    with torch.inference_mode():
        return unet(
            latents,
            times,
            encoder_hidden_states=text.tensors["encoder_hidden_states"],
            added_cond_kwargs=added,
        ).sample


@pytest.mark.slow
def test_known_costs() -> None:
    """Published and independently counted GMACs of one forward; see the reference of each configuration."""
    both = {
        "sd14": 401.6,
        "sd21": 402.1,
        "sdxl": 3380.6,
        "bk-sdm-base": 261.5,
        "bk-sdm-small": 255.4,
        "bk-sdm-tiny": 242.8,
        "ssd-1b": 2103.9,
        "vega": 1411.2,
        "koala-700m": 1350.8,
    }
    for name, gmacs in both.items():
        assert round(architecture(name).prices().whole().macs / 1e9, 1) == gmacs, name
    plain = architecture("sd14").prices().whole()
    assert round((plain.macs - plain.scores - plain.values) / 1e9, 1) == 338.6


def test_an_unknown_architecture_is_refused() -> None:
    with pytest.raises(BadInputError, match="use one of sd14"):
        architecture("sd99")


def test_every_branch_is_the_unet_bit_for_bit(tiny) -> None:
    unet, _ = tiny
    torch.manual_seed(5)
    text = text_for(unet, PROMPTS)
    latents, times = torch.randn(PROMPTS, 4, CELLS, CELLS), torch.tensor([999.0, 500.5, 3.0])
    expected = own_forward(unet, latents, times, text)
    engine = UNetEngine(unet, free)
    for branch in range(engine.rungs):
        entry = engine.enter(latents, times, text, branch, PLAIN)
        deep = engine.deepen(entry, text, PLAIN)
        assert torch.equal(engine.leave(entry, deep, text, PLAIN), expected), branch
    once = engine.prepare(text)
    assert torch.equal(engine.whole(latents, times, once, PLAIN), expected)


def test_one_latent_for_all_rows(tiny) -> None:
    """The text-free prefix once: the same values, fewer operations."""
    unet, prices = tiny
    torch.manual_seed(6)
    text, latent = text_for(unet, PROMPTS), torch.randn(1, 4, CELLS, CELLS)
    times = torch.tensor([700.0])
    expected = own_forward(unet, latent.expand(PROMPTS, -1, -1, -1), times.expand(PROMPTS), text)
    for branch in range(prices.rungs):
        engine = UNetEngine(unet, free)
        entry = engine.enter(latent, times, text, branch, PLAIN)
        output = engine.leave(entry, engine.deepen(entry, text, PLAIN), text, PLAIN)
        torch.testing.assert_close(output, expected, atol=1e-5, rtol=1e-4)
    assert prices.rows_after(0, 1, PROMPTS) == 1


def test_kept_attention_of_the_same_pass_changes_nothing(tiny) -> None:
    unet, _ = tiny
    torch.manual_seed(7)
    text = text_for(unet, PROMPTS)
    latents, times = torch.randn(PROMPTS, 4, CELLS, CELLS), torch.tensor([900.0])
    engine, memo = UNetEngine(unet, free), AttentionMemo()
    keep, kept = Attention(keep=True), Attention("kept")
    first = engine.whole(latents, times, text, AttentionUse(keep, keep, memo=memo))
    again = engine.whole(latents, times, text, AttentionUse(kept, kept, memo=memo))
    assert torch.equal(first, again)
    other = engine.whole(latents + 1, times, text, AttentionUse(kept, kept, memo=memo))
    assert not torch.allclose(other, engine.whole(latents + 1, times, text, PLAIN), atol=1e-4)


def test_a_pivot_of_each_row_is_exact_and_a_shared_one_is_not(tiny) -> None:
    unet, _ = tiny
    torch.manual_seed(8)
    text = text_for(unet, PROMPTS)
    latents, times = torch.randn(PROMPTS, 4, CELLS, CELLS), torch.tensor([900.0])
    engine = UNetEngine(unet, free)
    pivot = Attention("pivot")
    plain = engine.whole(latents, times, text, PLAIN)
    alone = engine.whole(latents, times, text, AttentionUse(pivot, pivot, (1,) * PROMPTS))
    torch.testing.assert_close(alone, plain, atol=1e-5, rtol=1e-4)
    shared = engine.whole(latents, times, text, AttentionUse(pivot, pivot, (PROMPTS,)))
    assert not torch.allclose(shared, plain, atol=1e-4)
    torch.testing.assert_close(shared[:1], plain[:1], atol=1e-5, rtol=1e-4)


def executed_macs(call) -> int:
    """What torch itself counts of a real run, its attention products included."""
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        call()
    return int(counter.get_total_flops()) // 2


@pytest.mark.parametrize("name", COUNTED)
def test_the_ledger_is_what_was_executed(name) -> None:
    unet, prices = made(name)
    torch.manual_seed(9)
    plain = text_for(unet, 4)
    latents, one = torch.randn(4, 4, CELLS, CELLS), torch.randn(1, 4, CELLS, CELLS)
    times = torch.tensor([900.0])
    memo = AttentionMemo()
    engine = UNetEngine(unet, prices.price)
    engine.whole(latents, times, plain, AttentionUse(Attention(keep=True), Attention(keep=True), memo=memo))
    prepared = engine.prepare(plain)

    def run(engine: UNetEngine) -> None:
        text = engine.prepare(plain)
        for use in (
            PLAIN,
            AttentionUse(Attention("pivot"), Attention("pivot"), (2, 2)),
            AttentionUse(Attention("kept"), Attention("pivot"), (1, 3), memo=memo),
        ):
            entry = engine.enter(latents, times, text, 1, use)
            engine.leave(entry, engine.deepen(entry, plain, use), text, use)
        for branch in (0, engine.rungs - 1):
            entry = engine.enter(one, times, prepared, branch, PLAIN)
            engine.leave(entry, engine.deepen(entry, prepared, PLAIN), prepared, PLAIN)
        again = engine.again(entry, times, prepared)
        engine.leave(again, engine.deepen(again, prepared, PLAIN), prepared, PLAIN)

    counted = UNetEngine(unet, prices.price)
    executed = executed_macs(lambda: run(counted))
    assert counted.cost().macs == executed
    assert counted.cost() == counted.ledger.total(prices.price) != Cost()


def test_parts_that_the_forward_does_not_know_are_refused() -> None:
    config = tiny_config("sd14") | {"class_embed_type": "timestep"}
    with torch.device("meta"):
        unet = UNet2DConditionModel(**config)
    with pytest.raises(BadInputError, match="class_embed_type"):
        UNetEngine(unet, free)


def test_the_embedded_model_is_taken_apart_bit_for_bit() -> None:
    from obclip_gen.backends.embedded import load_embedded

    backend = load_embedded("device", LoadOptions())
    text = backend.encode(["an emoji of a woman", "an emoji of a man"])
    latents = torch.randn(2, *backend.latent_shape(128, 128), generator=torch.Generator().manual_seed(1))
    times = torch.tensor([800.0, 20.0])
    expected = backend.predict(latents, times, text)
    engine = backend.engine(128, 128)
    assert torch.equal(engine.whole(latents, times, text, PLAIN), expected)
