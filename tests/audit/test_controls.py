"""The audit catches every generator that leaks, and passes the honest one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obclip_privacy.audit.controls import BLOCKS, EDITS, LEAKY, control_prompts, control_rows, honest
from obclip_privacy.audit.session import Session, Wanted

#: What catches each of them: in its sets alone, asked for twice, and with the generator at hand.
CAUGHT_BY = {
    "real one first": ({"order", "position"}, {"closure", "order"}),
    "real one in another case": ({"odd_one_out", "attackers"}, {"closure", "odd_one_out", "attackers"}),
    "fresh random decoys each time": ({"intersection"}, {"closure", "intersection"}),
    "a value missing": ({"value_missing"}, {"closure"}),
    "a pronoun left behind": ({"contradiction", "attackers"}, {"contradiction"}),
    "a parallel word missing": ({"odd_one_out", "attackers"}, {"closure", "odd_one_out", "attackers"}),
    "order by hash of the real one": ({"order"}, {"closure", "order"}),
    "timing that depends on the real one": (set(), {"timing"}),
    BLOCKS: ({"edits"}, {"edits"}),
}


def audited(tmp_path: Path, generator, *, times: int = 1, rerun: bool = False):
    path = tmp_path / "sets.jsonl"
    edits = EDITS if generator is LEAKY[BLOCKS] else ("",)
    path.write_text("\n".join(json.dumps(row) for row in control_rows(generator, times, edits)), "utf-8")
    wanted = Wanted("sets", str(path), repeats=6 if rerun else 1)
    return Session(wanted, generator if rerun else None).run()


def failing(data) -> set[str]:
    return {found["kind"] for found in data["findings"] if found["severity"] == "fail"}


def test_every_control_is_listed() -> None:
    assert set(CAUGHT_BY) == set(LEAKY)
    assert len(set(control_prompts())) == len(list(control_prompts())) == 36


@pytest.mark.parametrize("rerun", [False, True])
def test_the_honest_one_passes(tmp_path: Path, rerun: bool) -> None:
    data = audited(tmp_path, honest, times=2, rerun=rerun)
    assert (data["verdict"], data["findings"]) == ("pass", [])
    assert data["figures"]["n"] == data["figures"]["k_eff"] == 6
    assert data["figures"]["exact"]["posterior"] == "1/6"


@pytest.mark.parametrize("name", [name for name in LEAKY if CAUGHT_BY[name][0]])
def test_leaks_show_in_the_sets_alone(tmp_path: Path, name: str) -> None:
    data = audited(tmp_path, LEAKY[name], times=2)
    assert data["verdict"] == "fail"
    assert failing(data) >= CAUGHT_BY[name][0]


@pytest.mark.parametrize("name", LEAKY)
def test_leaks_show_when_the_generator_is_run_again(tmp_path: Path, name: str) -> None:
    data = audited(tmp_path, LEAKY[name], rerun=True)
    assert data["verdict"] == "fail"
    assert failing(data) >= CAUGHT_BY[name][1]


def test_closed_sets_that_an_edit_takes_apart(tmp_path: Path) -> None:
    """Nothing but the comparison of edited prompts finds it: no member's own set differs."""
    data = audited(tmp_path, LEAKY[BLOCKS], rerun=True)
    assert failing(data) == {"edits"}
    figures = data["figures"]
    assert (figures["n"], figures["k_eff"], figures["closure"]) == (3, 3, 0)
    linkage = figures["linkage"]
    assert (linkage["users"], linkage["edit_sequences"], linkage["longest_edit_sequence"]) == (36, 36, 4)
    assert linkage["least_survivors_of_edits"] == 1
    row = next(row for row in data["attackers"] if row["attacker"] == "edits")
    assert row["trials"] == 36
    assert row["chance"] == pytest.approx(1 / 3)
    assert row["interval"][0] > row["chance"]


@pytest.mark.parametrize("named", [True, False])
def test_honest_sets_have_nothing_to_tell_an_editor(tmp_path: Path, named: bool) -> None:
    """Whether the log names its users or many users' prompts stand side by side."""
    path = tmp_path / "sets.jsonl"
    rows = list(control_rows(honest, 1, EDITS))
    for row in rows if not named else ():
        del row["user"]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    data = Session(Wanted("sets", str(path))).run()
    assert data["verdict"] == "pass"
    row = next(row for row in data["attackers"] if row["attacker"] == "edits")
    assert (row["accuracy"], row["chance"]) == (pytest.approx(1 / 6), pytest.approx(1 / 6))
    assert data["figures"]["linkage"]["least_survivors_of_edits"] == 6


def test_what_a_leak_does_to_the_figures(tmp_path: Path) -> None:
    figures = audited(tmp_path, LEAKY["a value missing"], rerun=True)["figures"]
    # four members that are not old send a set of four; the two old ones have sets of their own
    assert (figures["closure"], figures["k_eff"]) == (12, 2)
    assert figures["exact"]["posterior"] == "1/2"
    assert figures["leakage_bits"] > 0
    figures = audited(tmp_path, LEAKY["a pronoun left behind"], rerun=True)["figures"]
    assert figures["exact"]["posterior"] == "1/3"
