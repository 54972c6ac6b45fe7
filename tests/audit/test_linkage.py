"""Linkage over a log: repeated and edited requests, by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from obclip_privacy.audit.linkage.edits import WINDOW, Edits
from obclip_privacy.audit.linkage.repeats import Repeats
from obclip_privacy.audit.measuring.links import WORDS
from obclip_privacy.audit.record import Links

BOTH = ("0.age", "0.gender")


def links(
    words: str,
    rows: list[str],
    real: int | None = 0,
    *,
    columns: tuple[str, ...] = BOTH,
    user: str = "",
    prompt: str = "p",
) -> Links:
    """Rows such as ``old/female``; what was sent is told by words and rows."""
    members = tuple(f"{words} {row}" for row in rows)
    return Links(
        prompt=user + prompt,
        user=user,
        content="|".join(sorted(members)),
        members=members,
        sequence="|".join(members),
        varying="v",
        order="o",
        real="r",
        words=tuple(sorted(words.split())),
        columns=columns,
        rows=tuple(tuple(row.split("/")) for row in rows),
        row=real,
    )


FULL = ["young/female", "young/male", "old/female", "old/male"]


def edits(*sets: Links) -> Edits:
    found = Edits()
    for row, each in enumerate(sets, 1):
        found.add(row, each)
    return found


def test_closed_sets_leave_everything() -> None:
    found = edits(links("a cat sat", FULL), links("a cat sat down", FULL), links("a cat sat down now", FULL))
    assert found.findings() == []
    assert (found.tally().trials, found.tally().hits, found.tally().chance) == (
        1,
        Fraction(1, 4),
        Fraction(1, 4),
    )
    assert found.as_json()["longest_edit_sequence"] == 3


def test_survivors_are_intersected_over_the_whole_sequence() -> None:
    found = edits(
        links("a cat sat", ["young/female", "young/male", "old/male"], 0),
        links("a cat sat down", ["young/female", "young/male", "old/female"], 0),
        links("a cat sat down now", ["young/female", "old/female", "old/male"], 0),
    )
    (finding,) = found.findings()
    assert (finding.kind, finding.row, finding.detail) == (
        "edits",
        1,
        "1 of 3 members are left after 2 edits",
    )
    assert found.tally().hits == 1
    assert found.as_json()["least_survivors_of_edits"] == 1


def test_what_rules_out_the_real_one_is_no_success() -> None:
    found = edits(
        links("a cat sat", ["young/female", "young/male"], 0),
        links("a cat sat down", ["young/male", "old/female"], 1),
    )
    assert found.findings() == []
    assert found.tally().hits == 0


def test_an_attribute_that_is_added_leaves_what_is_known_of_the_others() -> None:
    found = edits(
        links("a cat sat", ["female"], 0, columns=("0.gender",)),
        links("a cat sat down", FULL, 2),
    )
    assert found.as_json()["edits_that_changed_attributes"] == 1
    assert found.findings()[0].detail == "2 of 4 members are left after 1 edits"
    assert found.tally().hits == Fraction(1, 2)


def test_a_value_that_moves_between_blocks_is_seen() -> None:
    found = edits(
        links("a cat sat", ["a", "b"], columns=("x",)), links("a cat sat down", ["c", "d"], columns=("x",))
    )
    assert found.as_json()["edits_that_showed_a_changed_value"] == 1
    assert found.findings() == []


def test_words_without_values_are_never_taken_for_a_changed_value() -> None:
    found = edits(
        links("a cat sat", ["a", "b"], columns=(WORDS,)),
        links("a cat sat down", ["c", "d"], columns=(WORDS,)),
    )
    assert found.as_json()["edits_that_showed_a_changed_value"] == 0


def test_users_are_kept_apart() -> None:
    half, other = ["young/female", "young/male"], ["young/female", "old/male"]
    assert edits(links("a cat sat", half), links("a cat sat down", other)).findings()
    apart = edits(links("a cat sat", half, user="one"), links("a cat sat down", other, user="two"))
    assert apart.findings() == []
    assert apart.as_json()["users"] == 2


def test_other_prompts_and_far_ones_are_no_edits() -> None:
    half, other = ["young/female", "young/male"], ["young/female", "old/male"]
    assert edits(links("a cat sat", half), links("the dog ran off", other)).sequences == []
    between = [links(f"word{i} other{i}", FULL) for i in range(WINDOW)]
    assert edits(links("a cat sat", half), *between, links("a cat sat down", other)).sequences == []
    assert edits(links("a cat sat", half), *between[1:], links("a cat sat down", other)).sequences != []


def test_a_repeated_request_is_no_edit() -> None:
    found = edits(links("a cat sat", FULL), links("a cat sat", FULL))
    assert found.sequences == []


@pytest.mark.parametrize(("second", "left"), [(FULL, 4), (FULL[:3], 3)])
def test_repeats_and_their_identity(second: list[str], left: int) -> None:
    found = Repeats()
    found.add(1, links("a cat sat", FULL))
    found.add(2, links("a cat sat", second))
    assert found.as_json()["least_survivors"] == left
    assert len(found.findings()) == (left < 4)
    if left < 4:
        # another prompt's intersection is another finding: a baseline that accepts one does not accept both
        found.add(3, links("the dog ran", FULL, prompt="q"))
        found.add(4, links("the dog ran", second, prompt="q"))
        one, other = found.findings()
        assert one.identity(b"salt") != other.identity(b"salt")


def test_repeats_of_two_users_are_not_one_prompt() -> None:
    found = Repeats()
    found.add(1, links("a cat sat", FULL, user="one"))
    found.add(2, links("a cat sat", FULL[:2], user="two"))
    assert found.findings() == []
