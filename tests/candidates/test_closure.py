"""The closure check must fail when anything that is written depends on the value."""

from __future__ import annotations

import math

import pytest

from obclip_privacy.candidates import plan as plan_module
from obclip_privacy.candidates import template as template_module
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.candidates.overflow import MAX_MEMBERS
from obclip_privacy.language import pronouns

honest = template_module.realise


def realise_with_a_space(compiled, assignment):
    """One value leaves a trace."""
    return honest(compiled, assignment) + (" " if assignment and assignment[0] == 1 else "")


def realise_in_capitals(compiled, assignment):
    text = honest(compiled, assignment)
    return text.replace("woman", "WOMAN")


def realise_with_the_wrong_word(compiled, assignment):
    return honest(compiled, assignment).replace("woman", "lady")


def realise_with_a_left_over_pronoun(compiled, assignment):
    return honest(compiled, assignment).replace(" his ", " her ")


def realise_one_value_only(compiled, assignment):
    return honest(compiled, [0 for _ in assignment])


@pytest.mark.parametrize(
    "mutant",
    [
        realise_with_a_space,
        realise_in_capitals,
        realise_with_the_wrong_word,
        realise_with_a_left_over_pronoun,
    ],
)
@pytest.mark.parametrize("prompt", ["an old man with his dog", "a man waters his roses, old, tired"])
def test_a_mutated_realiser_is_refused(
    default: Engine, monkeypatch: pytest.MonkeyPatch, mutant, prompt: str
) -> None:
    assert default.candidates(prompt).status == "ok"
    monkeypatch.setattr(plan_module, "realise", mutant)
    found = default.candidates(prompt)
    assert found.status == "refused"
    assert found.candidates == ()
    assert found.reason.startswith(("closure failed", "the prompt does not settle"))
    assert found.k_eff < found.n or not found.figures.n_sent


def test_a_realiser_that_knows_one_value_only_never_sends_the_others(
    default: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_module, "realise", realise_one_value_only)
    found = default.candidates("an old man with his dog")
    assert found.candidates in ((), ("a young woman with her dog",))


def test_linking_by_gender_is_refused(default: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that sees the value (here: that *she* is typed) breaks closure, and is caught."""
    prompt = "a man and a woman in a park, she smiles"
    assert "they smile" in default.candidates(prompt).candidates[0]
    honest_antecedent = pronouns._antecedent

    def by_text(units, roles, cast, links, index, case, shared):
        if by_text.typed == prompt:
            return 1
        return honest_antecedent(units, roles, cast, links, index, case, shared)

    honest_read = default._read

    def read(text: str, **options: bool):
        by_text.typed = text
        return honest_read(text, **options)

    monkeypatch.setattr(default, "_read", read)
    monkeypatch.setattr(pronouns, "_antecedent", by_text)
    assert default.candidates(prompt).status == "refused"


def test_what_cannot_be_checked_is_not_counted(strict: Engine) -> None:
    """Three people of whom everything is stated: the rule drops columns until the rest can be checked."""
    prompt = "a young Black woman, an elderly white man and a middle-aged Asian woman, with her bag"
    found = strict.candidates(prompt)
    assert (found.status, found.reason) == ("ok", "")
    assert found.k_eff == found.n == len(found.members) == 27 * 27 <= MAX_MEMBERS
    assert found.candidates == ("a person, a person and a person, with their bag",)
    given_up = {(row.person, row.attribute) for row in found.attributes if not row.values}
    assert given_up == {(0, "ethnicity"), (1, "ethnicity"), (2, "ethnicity")}
    assert found.withheld == ()
    other = strict.candidates("an old Asian man, a young Asian man and an old white man, with his bag")
    assert other.payload_bytes == found.payload_bytes


def test_values_that_are_given_up_are_checked_too(strict: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that lets one of them through is caught, though no member of the set states it."""
    honest_read = strict._read

    def read(text: str, **options: bool):
        return honest_read(text.replace("South Asian", "tall South Asian"), **options)

    monkeypatch.setattr(strict, "_read", read)
    prompt = "a young Black woman, an elderly white man and a middle-aged Asian woman"
    assert strict.candidates(prompt).status == "refused"


@pytest.mark.parametrize("people", [3, pytest.param(4, marks=pytest.mark.slow)])
def test_values_that_are_given_up_are_checked_together(
    strict: Engine, monkeypatch: pytest.MonkeyPatch, people: int
) -> None:
    """A reader that heeds them only where two people share one is caught too, however many there are."""
    honest_read = strict._read

    def read(text: str, **options: bool):
        shared = text.count("South Asian") == 2
        return honest_read(text.replace("South Asian", "tall South Asian") if shared else text, **options)

    prompt = ", ".join(["a young Black woman"] * people)
    assert strict.candidates(prompt).status == "ok"
    monkeypatch.setattr(strict, "_read", read)
    assert strict.candidates(prompt).status == "refused"


def test_n_is_never_more_than_the_members_that_were_run(default: Engine) -> None:
    """Where columns are given up, n is the product of the domains of those that are not, and no more."""
    found = default.candidates("an old Black man, a young Asian woman and an elderly white man")
    assert (found.status, found.n, found.k_eff) == ("ok", 36 * 36, 36 * 36)
    assert found.n == len(found.members) == math.prod(len(row.values) or 1 for row in found.attributes)
    assert sum(not row.values for row in found.attributes) == 2


def test_a_policy_that_refuses_overflow_refuses_what_cannot_be_checked(make_engine) -> None:
    gender = {"id": "gender", "strategy": "neutralise", "values": ["female", "male"]}
    engine = make_engine(attributes=[gender], limits={"overflow": "refuse"})
    assert engine.candidates(", ".join(["a woman"] * 12)).n == MAX_MEMBERS
    assert "too many to check" in engine.candidates(", ".join(["a woman"] * 13)).reason


def test_large_sets_are_compared_too(default: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = "an old Black man and a young Asian woman"
    found = default.candidates(prompt)
    assert (found.status, found.n, found.n_sent) == ("ok", 1296, 36)
    monkeypatch.setattr(plan_module, "realise", realise_with_a_left_over_pronoun)
    assert default.candidates(prompt + " with his dog").status == "ok"  # his is ambiguous here: their
    monkeypatch.setattr(plan_module, "realise", realise_in_capitals)
    assert default.candidates(prompt).status == "refused"


def test_reasons_never_quote_the_prompt(default: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "realise", realise_in_capitals)
    reason = default.candidates("a secretive woman").reason
    assert "woman" not in reason
    assert "secretive" not in reason
