"""Plans: what they are, what they compute, what they cost, and that no candidate is treated unlike
another.
"""

from __future__ import annotations

import itertools

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from obclip_gen.accelerate.executor import shared_words
from obclip_gen.accelerate.plan import NONE, CachePlan, check_request, setting_of
from obclip_gen.accelerate.program import Setting
from obclip_gen.bench.cost import cloud_cost
from obclip_gen.denoise.loop import Watch
from obclip_gen.denoise.phases import DeviceSettings, cloud_phase, device_phase
from obclip_gen.plugins import load_registry
from obclip_gen.request import SolverSettings
from obclip_privacy.errors import BadInputError

#: Plans that use every acceleration and option at least once, with the splits that they fit.
PLANS = (
    "exact",
    "trunk-at=2",
    "trunk-at=1.3-condition=neutral",
    "uncond",
    "exact+uncond-every=2-refresh=3",
    "deep-branch=0",
    "deep-branch=2-every=2-order=1",
    "deep-full=0.1.3-of=mean-order=2",
    "attention-every=2-from=1-what=self",
    "attention-what=cross",
    "attention-from=1+exact+trunk-at=2",
    "skip-from=2",
    "exact+deep-from=2+trunk-at=2+uncond-refresh=2",
    "attention+deep-every=2",
    "fast",
)
#: The published plan reads one candidate's attention for all.
NOT_SYMMETRIC = ("pivot-until=2", "attention-from=2+pivot-until=2+skip-from=3")


def answer(backend, request):
    return cloud_phase(backend, request, request.sha256, Watch())


def test_the_text_form_is_canonical_and_reads_back() -> None:
    plan = CachePlan.parse("trunk-at=3+exact+deep-every=3-branch=2")
    assert str(plan) == "deep-branch=2+exact+trunk-at=3"
    assert CachePlan.parse(str(plan)) == plan == CachePlan.from_json(plan.to_json())
    assert str(CachePlan()) == NONE
    assert CachePlan.parse(NONE) == CachePlan() == CachePlan.from_json({})
    for text in (*PLANS, *NOT_SYMMETRIC):
        assert str(CachePlan.parse(str(CachePlan.parse(text)))) == str(CachePlan.parse(text))
        assert not set(str(CachePlan.parse(text))) & set(" /\\:*?\"'<>|$&();")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("magic", "use one of attention, deep, exact"),
        ("", "use one of"),
        ("deep-brnch=1", "deep takes -branch=, -every="),
        ("deep-branch=1-branch=2", "each once"),
        ("deep-branch=x", "deep-branch must be a whole number"),
        ("deep-order=3", "deep-order must be from 0 to 2"),
        ("trunk", "trunk needs -at="),
        ("trunk-at=3.2", "must ascend"),
        ("trunk-at=3-condition=median", "must be mean or neutral"),
        ("exact+exact", "each may be named once"),
        ("exact+none", "none cannot be combined"),
        ("fast+exact", "fast cannot be combined"),
        ("uncond-every=0", "uncond-every must be from 1"),
    ],
)
def test_what_is_no_plan_is_an_error(text: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        CachePlan.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trunk-at=4", "at must stay below 4"),
        ("deep+skip-from=2", "both skip blocks and keep deep features"),
        ("deep-of=mean+pivot", "a pivot's maps and the candidates' mean"),
        ("deep-full=2.3", "step 0 needs deep features"),
        ("deep-full=0+trunk-at=2", "step 2 needs deep features"),
        ("skip-from=1+trunk-at=1", "step 1 needs blocks"),
        ("skip-from=9", "from must be from 1 to 3"),
    ],
)
def test_impossible_combinations_are_errors(text: str, message: str) -> None:
    setting = Setting(("a", "b"), ((0,), (1,)), 0, 4, guided=True)
    with pytest.raises(BadInputError, match=message):
        CachePlan.parse(text).program(setting)


def test_branches_that_the_model_lacks_and_backends_that_cannot_be_stopped(tiny_cloud, make_request) -> None:
    with pytest.raises(BadInputError, match="branch must be from 0 to 3"):
        answer(tiny_cloud, make_request(tiny_cloud, acceleration="deep-branch=50"))
    from obclip_gen.backends.analytic import AnalyticBackend

    analytic = AnalyticBackend()
    with pytest.raises(BadInputError, match="cannot be stopped inside"):
        answer(analytic, make_request(analytic, acceleration="deep"))
    plain = answer(analytic, make_request(analytic, split=3))
    for plan in ("exact", "exact+trunk-at=2+uncond"):
        answered = answer(analytic, make_request(analytic, split=3, acceleration=plan))
        assert torch.equal(answered.latents, plain.latents) == (plan == "exact")


def test_off_is_exactly_off(tiny_cloud, make_request) -> None:
    """Programs that change nothing are the plain computation bit for bit."""
    plain = answer(tiny_cloud, make_request(tiny_cloud, split=4))
    for text in ("deep-every=1", "uncond-refresh=1", "deep-branch=2-full=0.1.2.3", "attention-from=9"):
        same = answer(tiny_cloud, make_request(tiny_cloud, split=4, acceleration=text))
        assert torch.equal(same.latents, plain.latents), text
        assert same.cost.denoiser_macs == plain.cost.denoiser_macs


def test_exact_is_exact_and_cheaper(tiny_cloud, make_request) -> None:
    plain = answer(tiny_cloud, make_request(tiny_cloud, split=4))
    exact = answer(tiny_cloud, make_request(tiny_cloud, split=4, acceleration="exact"))
    torch.testing.assert_close(exact.latents, plain.latents, atol=1e-5, rtol=1e-5)
    assert exact.cost.denoiser_macs < 0.95 * plain.cost.denoiser_macs
    assert exact.cost.denoiser_rows == 7 + 3 * 12


@pytest.mark.parametrize("text", [text for text in PLANS if text != "exact"] + list(NOT_SYMMETRIC))
def test_approximations_are_near_but_not_equal_and_cheaper(tiny_cloud, make_request, text) -> None:
    plain = answer(tiny_cloud, make_request(tiny_cloud, split=5, num_inference_steps=25))
    other = answer(tiny_cloud, make_request(tiny_cloud, split=5, num_inference_steps=25, acceleration=text))
    difference = (other.latents - plain.latents).norm() / plain.latents.norm()
    assert 1e-6 < difference < 0.5
    assert other.cost.denoiser_macs < plain.cost.denoiser_macs
    again = answer(tiny_cloud, make_request(tiny_cloud, split=5, num_inference_steps=25, acceleration=text))
    assert torch.equal(again.latents, other.latents), "nothing may be left over from another request"


@pytest.mark.parametrize("text", PLANS)
def test_no_candidate_is_the_reference_of_the_others(tiny_cloud, make_request, text) -> None:
    """Permuting the candidates, with their assignments, permutes the outputs."""
    request = make_request(tiny_cloud, split=4, acceleration=text)
    order = [4, 2, 0, 5, 1, 3]
    other = make_request(
        tiny_cloud,
        split=4,
        acceleration=text,
        prompts=tuple(request.prompts[i] for i in order),
        assignments=tuple(request.assignments[i] for i in order),
    )
    one, two = answer(tiny_cloud, request), answer(tiny_cloud, other)
    torch.testing.assert_close(two.latents, one.latents[order], atol=2e-5, rtol=1e-4)


def test_the_published_plan_has_a_reference(tiny_cloud, make_request) -> None:
    request = make_request(tiny_cloud, acceleration=NOT_SYMMETRIC[0])
    order = [1, 0, 2, 3, 4, 5]
    other = make_request(
        tiny_cloud,
        acceleration=NOT_SYMMETRIC[0],
        prompts=tuple(request.prompts[i] for i in order),
        assignments=tuple(request.assignments[i] for i in order),
    )
    one, two = answer(tiny_cloud, request), answer(tiny_cloud, other)
    assert not torch.allclose(two.latents, one.latents[order], atol=1e-4)


def test_the_tree_over_the_attributes() -> None:
    rows = tuple(itertools.product(range(3), range(2), range(5)))
    setting = Setting(tuple(map(str, rows)), rows, 0, 5, guided=True)
    steps = CachePlan.parse("trunk-at=2.3").program(setting)
    assert [step.size for step in steps] == [1, 1, 6, 30, 30]
    assert [step.condition for step in steps] == ["mean"] * 3 + ["own"] * 2


def test_a_trunk_of_one_prompt_is_that_prompt(tiny_cloud, make_request) -> None:
    """With a trunk up to step 2 all latents are equal there, and equal to those of the shared words alone."""
    request = make_request(tiny_cloud, split=3, acceleration="trunk-at=2-condition=neutral")
    words = shared_words(request.prompts)
    assert words == "reading"
    alone = make_request(tiny_cloud, split=2, prompts=(words,))
    setting = setting_of(request)
    assert CachePlan.parse(request.acceleration).program(setting)[1].size == 1
    from obclip_gen.accelerate.plan import make_predictor
    from obclip_gen.denoise.loop import run_steps
    from obclip_gen.denoise.noise import initial_noise
    from obclip_gen.denoise.solvers import make_solver

    solver = make_solver(tiny_cloud.fingerprint.schedule, request.solver, request.num_inference_steps)
    noise = initial_noise(request.seed, tiny_cloud.latent_shape(64, 64)).repeat(6, 1, 1, 1)
    predictor = make_predictor(
        request, tiny_cloud, tiny_cloud.encode(request.prompts), tiny_cloud.encode([""])
    )
    latents = run_steps(solver, predictor, solver.start(noise), 0, 2, Watch())
    assert predictor.texts == 1
    expected = answer(tiny_cloud, alone).latents
    torch.testing.assert_close(latents, expected.expand(6, -1, -1, -1), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("text", ["exact+deep-from=2-of=mean+trunk-at=1.2+uncond", NOT_SYMMETRIC[1]])
def test_the_meter_says_what_was_executed(tiny_cloud, make_request, text) -> None:
    """Torch's own count of a real run, the record of that run, and the run that computes nothing agree."""
    request = make_request(tiny_cloud, split=5, num_inference_steps=25, acceleration=text)
    from obclip_gen.accelerate.plan import make_predictor

    conditional, negative = tiny_cloud.encode(request.prompts), tiny_cloud.encode([""])
    predictor = None
    latents = torch.randn(6, 4, 16, 16, generator=torch.Generator().manual_seed(2))
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        predictor = make_predictor(request, tiny_cloud, conditional, negative)
        for index in range(request.split):
            predictor(latents[:1].expand(6, -1, -1, -1) if index < 3 else latents, torch.tensor(900.0), index)
    executed = int(counter.get_total_flops()) // 2
    assert predictor.denoiser_macs(0) == executed
    prices = tiny_cloud._prices((16, 16))
    assert cloud_cost(CachePlan.parse(text), prices.engine(), 6, request.split).macs == executed
    assert answer(tiny_cloud, request).cost.denoiser_macs == executed


def test_unguided_requests_and_single_candidates(tiny_cloud, make_request) -> None:
    for text in ("fast", "uncond+trunk-at=1", "deep"):
        free = make_request(tiny_cloud, split=4, guidance_scale=1.0, acceleration=text)
        assert torch.isfinite(answer(tiny_cloud, free).latents).all()
        one = make_request(tiny_cloud, split=4, prompts=("a person",), assignments=((),), acceleration=text)
        assert answer(tiny_cloud, one).latents.shape[0] == 1


def test_the_gate_of_the_device(tiny_cloud) -> None:
    def run(plan: str):
        settings = DeviceSettings(SolverSettings(), 6, 3.0, 64, 64, plan)
        return device_phase(tiny_cloud, "an old woman", "", settings, 7, Watch())

    plain, gated, live = run("none"), run("gate-at=4"), run("gate-at=4-cross=live")
    assert (plain.cost.denoiser_rows, gated.cost.denoiser_rows) == (12, 10)
    assert gated.cost.denoiser_macs < live.cost.denoiser_macs < plain.cost.denoiser_macs
    assert 1e-6 < (gated.latents - plain.latents).norm() / plain.latents.norm() < 0.5
    assert torch.equal(run("gate-at=6").latents, plain.latents)


def test_every_acceleration_says_what_it_is() -> None:
    for name, entry in load_registry().accelerations.items():
        assert entry.name == name
        assert entry.summary
        assert sum(part is not None for part in (entry.make, entry.rewrite, entry.expand)) == 1
    used = "+".join((*PLANS, *NOT_SYMMETRIC))
    for entry in load_registry().accelerations.values():
        if entry.rewrite and entry.name != "gate":
            assert entry.name in used


def test_presets_fit_their_splits(tiny_cloud, make_request) -> None:
    for k in (1, 2, 3, 5, 10, 15):
        check_request(make_request(tiny_cloud, num_inference_steps=25, split=k, acceleration="fast"))
    for k in (5, 10):
        check_request(make_request(tiny_cloud, num_inference_steps=25, split=k, acceleration=f"paper-k{k}"))


def test_words_in_common_do_not_depend_on_the_order() -> None:
    prompts = ("A young man reading a book", "An old woman reading a book", "A boy or a man reading a book")
    for order in itertools.permutations(prompts):
        assert shared_words(order) == "reading a book"
    assert shared_words(("cat", "dog")) == ""
