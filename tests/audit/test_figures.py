"""Every figure against a case that was worked out by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from obclip_privacy.audit.figures.bayes_vulnerability import (
    posterior_vulnerability,
    prior_vulnerability,
    vulnerability_given,
)
from obclip_privacy.audit.figures.block_leakage import (
    Choice,
    attribute_figures,
    block_entropy,
    block_min_entropy_leakage,
    choice_figures,
    product_choice,
)
from obclip_privacy.audit.figures.channel import deterministic, from_matrix, marginal_channel, uniform
from obclip_privacy.audit.figures.cost import set_macs
from obclip_privacy.audit.figures.edit_distance import edit_distance
from obclip_privacy.audit.figures.guessing_entropy import posterior_guessing_entropy, prior_guessing_entropy
from obclip_privacy.audit.figures.holm import holm
from obclip_privacy.audit.figures.information import information
from obclip_privacy.audit.figures.intersection import survivors
from obclip_privacy.audit.figures.l_diversity import distinct_l_diversity, entropy_l_diversity
from obclip_privacy.audit.figures.min_entropy_leakage import min_entropy_leakage
from obclip_privacy.audit.figures.multiplicative_capacity import multiplicative_capacity
from obclip_privacy.audit.figures.mutual_information import mutual_information
from obclip_privacy.audit.figures.outside_text import outside_changed
from obclip_privacy.audit.figures.position import position_figures
from obclip_privacy.audit.figures.t_closeness import equal_distance, ordered_distance
from obclip_privacy.audit.figures.timing import uneven_times
from obclip_privacy.interval import upper_tail, wilson_interval

F = Fraction
CLOSED = deterministic(uniform(6), ["same"] * 6)
OPEN = deterministic(uniform(6), range(6))
#: Two of six secrets share an output, the others have one of their own; prior 1/2, 1/10, 1/10, ...
SKEWED = deterministic((F(1, 2), *(F(1, 10),) * 5), ["a", "a", "b", "c", "d", "e"])
#: Alvim et al.: a noisy channel of two secrets with prior (3/4, 1/4).
NOISY = from_matrix((F(3, 4), F(1, 4)), ((F(2, 3), F(1, 3)), (F(1, 3), F(2, 3))))


def test_bayes_vulnerability() -> None:
    assert posterior_vulnerability(CLOSED) == prior_vulnerability(CLOSED.prior) == F(1, 6)
    assert posterior_vulnerability(OPEN) == 1
    assert posterior_vulnerability(SKEWED) == F(1, 2) + 4 * F(1, 10)
    # max(3/4 * 2/3, 1/4 * 1/3) + max(3/4 * 1/3, 1/4 * 2/3) = 1/2 + 1/4
    assert posterior_vulnerability(NOISY) == F(3, 4)
    assert vulnerability_given(SKEWED.prior, [0, 1]) == F(5, 6)
    assert vulnerability_given((F(1), F(0)), [1]) == 1


def test_min_entropy_leakage() -> None:
    assert min_entropy_leakage(CLOSED) == 0
    assert min_entropy_leakage(OPEN) == pytest.approx(math.log2(6))
    assert min_entropy_leakage(SKEWED) == pytest.approx(math.log2(9 / 5))
    assert min_entropy_leakage(NOISY) == 0  # the best guess stays the first secret


def test_multiplicative_capacity() -> None:
    assert multiplicative_capacity(CLOSED) == 0
    assert multiplicative_capacity(SKEWED) == pytest.approx(math.log2(5))
    assert multiplicative_capacity(NOISY) == pytest.approx(math.log2(4 / 3))


def test_mutual_information() -> None:
    assert mutual_information(CLOSED) == 0
    assert mutual_information(OPEN) == pytest.approx(math.log2(6))
    # without noise it is the entropy of the output: 0.6 once and 0.1 four times
    assert mutual_information(SKEWED) == pytest.approx(-0.6 * math.log2(0.6) - 0.4 * math.log2(0.1))


def test_guessing_entropy() -> None:
    assert prior_guessing_entropy(CLOSED.prior) == posterior_guessing_entropy(CLOSED) == F(7, 2)
    assert posterior_guessing_entropy(OPEN) == 1
    # 1 * 1/2 + 2 * 1/10 for the shared output, then 4 * 1/10
    assert posterior_guessing_entropy(SKEWED) == F(11, 10)


def test_the_channel_of_one_attribute() -> None:
    """Three members (young woman, young man, old man) with prior 1/2, 1/4, 1/4; the old man alone sends y."""
    prior, outputs = (F(1, 2), F(1, 4), F(1, 4)), ["x", "x", "y"]
    age = marginal_channel(prior, [0, 0, 1], 2, outputs)
    assert age.prior == (F(3, 4), F(1, 4))
    assert posterior_vulnerability(age) == 1
    gender = marginal_channel(prior, [0, 1, 1], 2, outputs)
    # a man sends x or y, each half the time
    assert gender == from_matrix((F(1, 2), F(1, 2)), ((F(1), F(0)), (F(1, 2), F(1, 2))))
    assert posterior_vulnerability(gender) == F(3, 4)
    figures = information(gender.prior, gender)
    assert figures["prior_vulnerability"] == F(1, 2)
    assert figures["leakage_bits"] == pytest.approx(math.log2(3 / 2))
    assert figures["guessing_entropy"] == F(5, 4)
    assert figures["mutual_information_bits"] == pytest.approx(0.3112781)
    closed = information(prior, None)
    assert (closed["guessing_entropy"], closed["guessing_entropy_uniform"]) == (F(7, 4), 2)
    assert (closed["leakage_bits"], closed["mutual_information_uniform_bits"]) == (0, 0)
    # members without probability count evenly
    assert marginal_channel((F(1), F(0), F(0)), [0, 1, 1], 2, outputs).outputs == gender.outputs
    with pytest.raises(ValueError, match="every value a secret"):
        marginal_channel(prior, [0, 0, 0], 2, outputs)


def test_block_leakage() -> None:
    blocks = [(0, 1), (2, 3)]
    assert block_min_entropy_leakage(uniform(4), blocks) == pytest.approx(1)
    assert block_entropy(uniform(4), blocks) == pytest.approx(1)
    prior = (F(1, 2), F(1, 6), F(1, 6), F(1, 6))
    assert block_min_entropy_leakage(prior, blocks) == pytest.approx(math.log2((1 / 2 + 1 / 6) / (1 / 2)))
    assert block_entropy(prior, blocks) == pytest.approx(-2 / 3 * math.log2(2 / 3) - 1 / 3 * math.log2(1 / 3))


def test_a_block_in_all_figures() -> None:
    """Four values with prior 1/2, 1/6, 1/6, 1/6 in two blocks; the set is the first."""
    choice = Choice((F(1, 2), F(1, 6), F(1, 6), F(1, 6)), ((0, 1), (2, 3)))
    inside = (F(3, 4), F(1, 4))
    figures = information(inside, None, choice_figures([choice]))
    assert figures["prior_vulnerability"] == F(1, 2)
    assert figures["prior_guessing_entropy"] == F(3 + 2 + 3 + 4, 6)
    assert figures["leakage_bits"] == pytest.approx(math.log2(4 / 3))
    assert (figures["capacity_bits"], figures["mutual_information_uniform_bits"]) == (1, 1)
    # H(2/3, 1/3)
    assert figures["mutual_information_bits"] == pytest.approx(0.9182958)
    assert figures["guessing_entropy"] == F(5, 4)
    # beside an attribute that is not blocked: (3/4, 1/4)
    beside = choice_figures([choice, Choice(inside, ((0, 1),))])
    both = information((F(9, 16), F(3, 16), F(3, 16), F(1, 16)), None, beside)
    assert both["prior_vulnerability"] == F(3, 8)
    # 3/8; 1/8 four times (1/2 * 1/4 and 1/6 * 3/4 three times); 1/24 three times
    assert both["prior_guessing_entropy"] == F(3, 8) + F(2 + 3 + 4 + 5, 8) + F(6 + 7 + 8, 24)
    assert both["leakage_bits"] == figures["leakage_bits"]
    # two members that send differently add to what the block gave away
    told = information(inside, deterministic(inside, "xy"), choice_figures([choice]))
    assert told["leakage_bits"] == pytest.approx(math.log2(4 / 3) + math.log2(4 / 3))
    assert told["capacity_bits"] == 2


def test_a_block_under_a_joint_prior() -> None:
    """Gender (2) in one block, origin (4) in two: all women are of the first block, all men of the second.

    So the block gives gender away, which has no blocks of its own: a product of the attributes' own priors
    (1/2 each) would say that it tells nothing.
    """
    women, men = (F(3, 8), F(1, 8), F(0), F(0)), (F(0), F(0), F(1, 4), F(1, 4))
    gender = Choice((F(1, 2), F(1, 2)), ((0, 1),))
    origin = Choice((F(3, 8), F(1, 8), F(1, 4), F(1, 4)), ((0, 1), (2, 3)))
    whole = product_choice((*women, *men), [gender, origin])
    assert whole.blocks == ((0, 1, 4, 5), (2, 3, 6, 7))
    figures = choice_figures([whole])
    assert figures["prior_vulnerability"] == F(3, 8)
    # 3/8, then 1/4 twice, then 1/8
    assert figures["prior_guessing_entropy"] == F(3, 8) + F(2 + 3, 4) + F(4, 8)
    # the best guess: 3/8 in the first block, 1/4 in the second
    assert figures["leakage_bits"] == pytest.approx(math.log2(F(5, 8) / F(3, 8)))
    assert (figures["capacity_bits"], figures["mutual_information_bits"]) == (1, 1)
    of_gender = attribute_figures(whole, [gender, origin], 0)
    assert (of_gender["prior_vulnerability"], of_gender["prior_guessing_entropy"]) == (F(1, 2), F(3, 2))
    assert (of_gender["leakage_bits"], of_gender["mutual_information_bits"]) == (1, 1)
    assert (of_gender["capacity_bits"], of_gender["mutual_information_uniform_bits"]) == (1, 0)
    assert choice_figures([gender])["leakage_bits"] == 0
    of_origin = attribute_figures(whole, [gender, origin], 1)
    assert of_origin["leakage_bits"] == figures["leakage_bits"]


def test_mutual_information_of_a_noisy_channel() -> None:
    # P(y) = 7/12, 5/12; I = H(Y) - H(2/3, 1/3)
    expected = -7 / 12 * math.log2(7 / 12) - 5 / 12 * math.log2(5 / 12) - 0.9182958
    assert mutual_information(NOISY) == pytest.approx(expected, abs=1e-6)


def test_timing() -> None:
    # the slowest in both halves is the second: 2.0 against 1.0 s, 1.9 against 1.1 s
    assert uneven_times([(1.0, 1.1), (2.0, 1.9), (1.0, 1.1)])
    # the slowest of one half is the fastest of the other: noise
    assert not uneven_times([(1.0, 2.0), (2.0, 1.0)])
    # a fifth longer in one half, less in the other
    assert not uneven_times([(1.0, 1.0), (1.2, 1.19)])
    # less than half a millisecond
    assert not uneven_times([(0.0001, 0.0001), (0.0005, 0.0005)])
    assert not uneven_times([(1.0, 9.0)])


def test_l_diversity() -> None:
    half = {"a": F(1, 2), "b": F(1, 2), "c": F(0)}
    assert distinct_l_diversity(half) == 2
    assert entropy_l_diversity(half) == pytest.approx(2)
    # H(3/4, 1/4) = 0.811278 bits
    assert entropy_l_diversity({"a": F(3, 4), "b": F(1, 4)}) == pytest.approx(2**0.8112781)


def test_t_closeness() -> None:
    domain = uniform(3)
    assert equal_distance(domain, domain) == ordered_distance(domain, domain) == 0
    assert equal_distance((F(1), F(0), F(0)), domain) == F(2, 3)
    # young only: |1 - 1/3| + |1 - 2/3| over 2; middle-aged only: |-1/3| + |1 - 2/3| over 2
    assert ordered_distance((F(1), F(0), F(0)), domain) == F(1, 2)
    assert ordered_distance((F(0), F(1), F(0)), domain) == F(1, 3)
    assert ordered_distance((F(1),), (F(1),)) == 0


def test_position() -> None:
    found = position_figures([(0, 2), (0, 2), (1, 2), (1, 2), (0, 1)])
    assert (found.sets, found.first_rate, found.first_expected) == (4, F(1, 2), F(1, 2))
    assert (found.z, found.p_value) == (0, 1)
    first = position_figures([(0, 3)] * 6)
    # each offset is -1, each variance 8/12
    assert first.z == pytest.approx(-6 / math.sqrt(4))
    assert first.p_value == pytest.approx(0.0027, abs=1e-4)
    assert (first.first_rate, first.first_expected) == (1, F(1, 3))
    assert position_figures([]).p_value == 1


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("", "", 0), ("lady", "lady", 0), ("kitten", "sitting", 3), ("a man", "a woman", 2), ("", "abc", 3)],
)
def test_edit_distance(one: str, other: str, distance: int) -> None:
    assert edit_distance(one, other) == edit_distance(other, one) == distance


@pytest.mark.parametrize(
    ("prompt", "spans", "sent", "lost"),
    [
        ("a lady in a red hat", [(2, 6)], "a woman in a red hat", 0),
        ("a senior woman, smiling", [(2, 8), (9, 14)], "an old woman, smiling", 0),
        ("a man with a beard reads", [(2, 5), (6, 18)], "a man reads", 0),
        ("a man in a Red hat reads", [(2, 5)], "a man in a red hat reads", 1),
        ("a man, reading, at dusk", [(2, 5)], "a man at dusk", 3),
        ("dusk at sea", [], "sea at dusk", 2),
    ],
)
def test_outside_text(prompt: str, spans: list[tuple[int, int]], sent: str, lost: int) -> None:
    assert outside_changed(prompt, spans, sent) == lost


def test_cost() -> None:
    assert set_macs(1) == 4_020_000_000_000
    assert set_macs(6, steps=10, macs_per_row=7) == 6 * 2 * 10 * 7


def test_intersection() -> None:
    assert survivors([{"a", "b", "c"}, {"b", "c", "d"}, {"b"}]) == {"b"}
    assert survivors([{"a", "b"}] * 3) == {"a", "b"}
    assert survivors([]) == frozenset()


def test_wilson_interval() -> None:
    # Brown, Cai, DasGupta: the interval of 0 in 10 reaches up to z^2 / (10 + z^2)
    low, high = wilson_interval(0, 10)
    assert low == pytest.approx(0)
    assert high == pytest.approx(3.8415 / 13.8415, abs=1e-4)
    low, high = wilson_interval(5, 10)
    assert low + high == pytest.approx(1)
    assert (low, high) == (pytest.approx(0.2366, abs=1e-4), pytest.approx(0.7634, abs=1e-4))
    assert wilson_interval(0, 0) == (0, 1)
    # without a rounding error between them
    assert all(wilson_interval(0, trials)[0] == 0 for trials in range(1, 60))
    assert all(wilson_interval(trials, trials)[1] == 1 for trials in range(1, 60))


def test_upper_tail() -> None:
    # 3 or 4 of 4 coins: (4 + 1) / 16
    assert upper_tail(3, 4, 0.5) == pytest.approx(5 / 16)
    assert upper_tail(2, 2, 1 / 30) == pytest.approx(1 / 900)
    # more than half of an odd number of coins, however many
    assert upper_tail(501, 1001, 0.5) == pytest.approx(0.5)
    assert upper_tail(10_001, 20_001, 0.5) == pytest.approx(0.5)
    # rare events follow Poisson's law: P(at least 4 at a mean of 1)
    assert upper_tail(4, 20_000, 1 / 20_000) == pytest.approx(1 - 8 / 3 * math.exp(-1), rel=1e-3)
    assert upper_tail(0, 9, 0.5) == upper_tail(0, 0, 0.0) == 1


def test_holm() -> None:
    # three times the least, twice the next; the greatest is not better than the one before it
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.5]) == [1, 1]
    assert holm([]) == []


def test_malformed_channels() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        deterministic((F(1, 2),), ["a"])
    with pytest.raises(ValueError, match="sum to 1"):
        from_matrix((F(1),), ((F(1, 2),),))
