"""What a policy may name, as the plugins have it: a slip in a kind of cue is an error."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from obclip_privacy.errors import PolicyError
from obclip_privacy.plugins.manager import Selection, load_plugins
from obclip_privacy.plugins.vocabulary import vocabulary_of
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import CueAction
from obclip_privacy.policy.vocabulary import Vocabulary

BUILTIN = vocabulary_of(load_plugins(Selection(allow=())))


def with_cues(folder: Path, kind: str, vocabulary: Vocabulary) -> CueAction:
    """What a policy decides of *kind* that keeps all other cues and withholds this one."""
    path = folder / "p.json"
    path.write_text(
        json.dumps(
            {"schema_version": 1, "name": "p", "extends": "default", "cues": {"*": "keep", kind: "withhold"}}
        )
    )
    return load_policy(path, vocabulary).cue_action(kind)


def test_the_builtin_detectors_report_no_other_kinds_than_those_that_a_policy_may_name() -> None:
    text = "Maria Schmidt and Barack Obama with 👩🏿‍🚀 and 👴, 🧕 beside Dr. Ahmed Khan"
    reported = {
        found.kind
        for detector in load_plugins(Selection(allow=())).cue_detectors.values()
        if detector.find is not None
        for found in detector.find(text)
    }
    assert reported == {"name", "emoji"}
    assert reported <= set(BUILTIN.cue_kinds)
    assert not BUILTIN.open_cue_kinds


@pytest.mark.parametrize(("slip", "meant"), [("drees", "dress"), ("makeup", "make-up"), ("names", "name")])
def test_a_slip_is_an_error_even_where_plugins_report_kinds_of_their_own(
    slip: str, meant: str, tmp_path: Path
) -> None:
    for vocabulary in (BUILTIN, dataclasses.replace(BUILTIN, open_cue_kinds=True)):
        with pytest.raises(PolicyError, match=f"'{slip}'; there are .*; did you mean '{meant}'"):
            with_cues(tmp_path, slip, vocabulary)


def test_a_kind_that_only_a_plugin_can_know_is_for_a_plugin(tmp_path: Path) -> None:
    opened = dataclasses.replace(BUILTIN, open_cue_kinds=True)
    assert with_cues(tmp_path, "tattoo", opened) is CueAction.WITHHOLD
    with pytest.raises(PolicyError, match="nothing detects cues of the kind 'tattoo'"):
        with_cues(tmp_path, "tattoo", BUILTIN)


@pytest.mark.parametrize("kind", BUILTIN.cue_kinds)
def test_every_kind_can_be_named(kind: str, tmp_path: Path) -> None:
    assert with_cues(tmp_path, kind, BUILTIN) is CueAction.WITHHOLD
