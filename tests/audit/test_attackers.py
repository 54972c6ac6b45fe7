"""Attackers that learn, plugins, and detectors that a policy leaves out."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from obclip_privacy.attributes.base import Attribute, Detector, Finding, Lexicon
from obclip_privacy.audit.attackers.base import Attacker, Guess
from obclip_privacy.audit.attackers.context import NaiveBayes
from obclip_privacy.audit.attackers.disagreement import guess_scores
from obclip_privacy.audit.attackers.ngram import NGrams
from obclip_privacy.audit.controls import LEAKY, control_rows, honest
from obclip_privacy.audit.disagreement import OtherDetectors
from obclip_privacy.audit.job import Auditor, Job
from obclip_privacy.audit.observation import ColumnView
from obclip_privacy.audit.rules import parse_rules
from obclip_privacy.audit.sources.from_policy import Asked
from obclip_privacy.audit.sources.from_sets import parse_set
from obclip_privacy.audit.summary import Summary
from obclip_privacy.audit.tally import ALPHA, AttackTally
from obclip_privacy.audit.verdict import judge
from obclip_privacy.cli.main import main
from obclip_privacy.errors import PluginError
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.plugins.manager import Candidate, Selection, builtin_candidates, collect
from obclip_privacy.policy.loader import load_policy


def test_guesses_are_scored_with_ties_drawn() -> None:
    guess = Guess("joint", (1.0, 2.0, 2.0))
    assert [str(guess.hit(real)) for real in range(3)] == ["0", "1/2", "1/2"]


def test_ngrams_by_hand() -> None:
    model = NGrams.of(["a man sits", "a man runs"])
    # 8 words with the ends of lines, 5 different ones: "a" twice in 8, and always at the start
    assert (model.words, model.vocabulary) == (8, 5)
    assert model.log_likelihood("a man sits") > model.log_likelihood("a woman sits")
    alone = NGrams.of(["x"]).log_likelihood("x")
    # both words have trigram and bigram probability 1, and (1 + 1) / (2 + 2 + 1) as unigrams
    assert alone == pytest.approx(__import__("math").log(0.5 + 0.3 + 0.2 * 2 / 5))


def test_naive_bayes_by_hand() -> None:
    model = NaiveBayes()
    model.learn(["dress"], "female")
    model.learn(["suit"], "male")
    assert model.score(["dress"], "female") > model.score(["dress"], "male")
    assert model.score(["unknown"], "female") == model.score(["unknown"], "male")


def test_they_learn_from_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = tmp_path / "train.txt"
    train.write_text("a woman in a scarf\na man in a helmet\n" * 5, "utf-8")
    table = tmp_path / "table.json"
    table.write_text('{"helmet": {"gender": {"male": 0.9}}, "scarf": {"gender": {"female": 0.9}}}', "utf-8")
    prompts = tmp_path / "p.txt"
    prompts.write_text("the man wears a helmet\nthe woman wears a scarf\n" * 8, "utf-8")
    files = ["--train", str(train), "--lm-text", str(train), "--prior-table", str(table)]
    code = main(["audit", "--policy", "default", "--input", str(prompts), *files])
    data = json.loads(capsys.readouterr().out)
    assert (code, data["verdict"]) == (0, "pass")
    rows = {(row["attacker"], row["target"]): row for row in data["attackers"]}
    for name in ("context", "context_with_cues", "prior_table"):
        row = rows[name, "gender"]
        assert (row["accuracy"], row["chance"], row["trials"], row["beats_chance"]) == (1, 0.5, 16, True)
        assert row["interval"][0] > 0.75
    assert rows["rerun", "joint"]["accuracy"] == 0.5
    assert {found["kind"] for found in data["findings"]} >= {"prior_attackers"}
    table.write_text('{"suit": {"gender": {"male": 2}}}', "utf-8")
    assert main(["audit", "--input", str(prompts), "--prior-table", str(table)]) == 2


def test_captions_that_are_labelled_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No detector reads a value in them: the labels alone teach it."""
    train = tmp_path / "train.jsonl"
    rows = [("seen with a scarf", "female"), ("seen with a helmet", "male")] * 4
    lines = [json.dumps({"prompt": text, "values": {"gender": value}}) for text, value in rows]
    train.write_text("\n".join(lines), "utf-8")
    prompts = tmp_path / "p.txt"
    prompts.write_text("the man wears a helmet\nthe woman wears a scarf\n" * 4, "utf-8")
    assert main(["audit", "--policy", "default", "--input", str(prompts), "--train", str(train)]) == 0
    data = json.loads(capsys.readouterr().out)
    row = next(row for row in data["attackers"] if row["attacker"] == "context")
    assert (row["target"], row["accuracy"], row["trials"]) == ("gender", 1, 8)
    train.write_text('{"prompt": 7}', "utf-8")
    assert main(["audit", "--input", str(prompts), "--train", str(train)]) == 2


def test_an_attacker_that_is_named_needs_its_file(tmp_path: Path, capsys) -> None:
    prompts = tmp_path / "p.txt"
    prompts.write_text("a man\n", "utf-8")
    assert main(["audit", "--input", str(prompts), "--attackers", "ngram"]) == 2
    assert "needs --lm-text" in capsys.readouterr().err


class _Plugin:
    def __init__(self, thing: object) -> None:
        self._thing = thing

    @hookimpl
    def register_attackers(self, register) -> None:
        register(self._thing)


def _collected(thing: object):
    plugin = Candidate("mine", "mine", "mine", "1", plugin=_Plugin(thing))
    return collect([*builtin_candidates(), plugin], Selection())


def test_a_plugin_registers_an_attacker() -> None:
    registry = _collected(Attacker("mine", "guesses the first", lambda setting: lambda seen: ()))
    assert "mine" in registry.attackers
    assert registry.owners["attacker", "mine"] == "mine"
    failed = {record.name: record for record in _collected("no attacker").plugins}["mine"]
    assert "takes an Attacker, not builtins.str" in failed.reason
    failed = {record.name: record for record in _collected(Attacker("Bad Name", "", lambda s: None)).plugins}
    assert "lower case" in failed["mine"].reason


def test_detectors_that_a_policy_leaves_out(tmp_path: Path) -> None:
    def find(text: str) -> list[Finding]:
        start = text.find("zig")
        return [Finding(start, start + 3, "gender.adult", "female")] if start >= 0 else []

    gender = Attribute("gender", "Gender", Lexicon(), detectors=(Detector("zig", find),))
    registry = collect(builtin_candidates(), Selection())
    other = replace(registry, attributes={**registry.attributes, "gender": gender})
    policy = load_policy("default")
    narrowed = replace(
        policy, attributes=tuple(replace(a, detectors=("lexicon",)) for a in policy.attributes)
    )
    detectors = OtherDetectors.of(narrowed, other)
    assert ("gender", "zig") in detectors.missed(["a zig here", "zig"])
    assert ("gender", "zig") not in detectors.missed(["a zig here", "nothing"])
    assert OtherDetectors.of(policy, registry).detectors == ()


def test_the_accuracy_of_disagreement_by_hand(tmp_path: Path) -> None:
    """Five prompts: right, right, wrong, and two in which the detector finds nothing that all share."""

    def find(text: str) -> list[Finding]:
        start = text.find("zig")
        return [Finding(start, start + 3, "gender.adult", "female")] if start >= 0 else []

    registry = collect(builtin_candidates(), Selection())
    gender = registry.attributes["gender"]
    wider = replace(gender, detectors=(*gender.detectors, Detector("zig", find)))
    registry = replace(registry, attributes={**registry.attributes, "gender": wider})
    used = [detector.name for detector in gender.detectors]
    attribute = {"id": "gender", "strategy": "enumerate", "values": ["male", "female"]}
    narrow = {"name": "narrow", "attributes": [{**attribute, "detectors": ["lexicon", *used]}]}
    (tmp_path / "narrow.json").write_text(json.dumps({"schema_version": 1, **narrow}), "utf-8")
    policy = load_policy(str(tmp_path / "narrow.json"))
    auditor = Auditor(Job(str(tmp_path / "narrow.json"), policy.sha256, b"salt"), registry)
    prompts = ["a woman, zig", "a lady in a zig", "a man, zig", "a woman, zag", "a man"]
    tally = AttackTally()
    found = []
    for row, prompt in enumerate(prompts, 1):
        record = auditor.audit((row, Asked(prompt)))
        assert record.status == "ok"
        (score,) = [each for each in record.scores if each.attacker.startswith("disagreement")]
        assert (score.attacker, score.target) == ("disagreement.zig", "gender")
        tally.add(score.hit, score.chance, score.share)
        found.append([each.kind for each in record.findings].count("detectors"))
    assert found == [1, 1, 1, 0, 0]
    row = tally.as_json("disagreement.zig", "gender", adjusted=tally.p_value, alpha=ALPHA, least=5)
    # (1 + 1 + 0 + 1/2 + 1/2) / 5, beside 1/2
    assert (row["accuracy"], row["chance"], row["trials"], row["beats_chance"]) == (0.6, 0.5, 5, False)
    # of three real guesses two were right, each of which a coin gets right
    assert (tally.informed, tally.inside, row["p_value"]) == (3, 2, pytest.approx(1 / 2))
    # Wilson at z = 1.96: centre (0.6 + z²/10) / (1 + z²/5), half-width z sqrt(0.24/5 + z²/100) / (1 + z²/5)
    assert row["interval"] == pytest.approx([0.2307, 0.8824], abs=1e-4)


def test_a_detector_may_know_a_value_by_another_name() -> None:
    policy = load_policy("obclip-paper")
    values = policy.attribute("ethnicity").value_ids
    even = (Fraction(1, 5),) * 5
    column = ColumnView("0.ethnicity", "ethnicity", values, even, values, even)
    assert values[1] == "african"
    assert guess_scores(policy, column, frozenset({"black", "purple"})) == (0, 1, 0, 0, 0)


def test_without_other_detectors_there_is_no_disagreement() -> None:
    policy = load_policy("obclip-paper")
    auditor = Auditor(Job("obclip-paper", policy.sha256, b"salt"))
    record = auditor.audit((1, Asked("a woman")))
    assert {score.attacker for score in record.scores} == {"rerun", "odd_one_out"}


def test_an_unusable_guess_is_the_plugins_fault() -> None:
    from obclip_privacy.audit.job import _checked

    with pytest.raises(PluginError, match="'mine' gave scores"):
        _checked("mine", lambda seen: (Guess("joint", (float("nan"),)),))(None)  # type: ignore[arg-type]


def audit_of(sets, *attackers: Attacker) -> tuple[Summary, list]:
    """The summary of *sets*, with more attackers than there are, and the findings about attackers."""

    class Plugin:
        @hookimpl
        def register_attackers(self, register) -> None:
            for attacker in attackers:
                register(attacker)

    registry = collect(
        [*builtin_candidates(), Candidate("more", "more", "x", "1", plugin=Plugin())], Selection()
    )
    auditor = Auditor(Job("", load_policy("default").sha256, b"salt"), registry)
    summary = Summary()
    for row, given in enumerate(sets, 1):
        summary.add(auditor.audit((row, parse_set(given, str(row)))))
    found = judge(summary, parse_rules("attackers>0"), None, registry).findings
    return summary, [each.detail.split()[0] for each in found if each.kind == "attackers"]


def guesses_by_hash(name: str) -> Attacker:
    """Learns nothing, and never abstains."""

    def attack(seen):
        digests = [hashlib.sha256(f"{name} {text}".encode()).digest() for text in seen.members]
        return [Guess("joint", tuple(float(digest[0]) for digest in digests))]

    return Attacker(name, "guesses by a hash", lambda setting: attack)


def test_the_luckiest_of_many_honest_attackers_is_no_leak() -> None:
    """Sixty runs of forty attackers that guess one of six: one run in twenty may call one of them a leak."""
    draw = random.Random(11)
    alone = together = 0
    for _ in range(60):
        summary = Summary()
        for number in range(40):
            tally = summary.attacks.setdefault((f"honest_{number}", "joint"), AttackTally())
            for _ in range(50):
                tally.add(Fraction(draw.randrange(6) == 0), Fraction(1, 6), Fraction(1, 6))
        tested = summary.tested()
        alone += any(tally.interval[0] > 1 / 6 for _, _, tally, _ in tested)
        together += any(adjusted < ALPHA for *_, adjusted in tested)
    assert alone > 20, "each by itself would be called a leak"
    assert together <= 5


def test_a_leak_is_seen_among_many_honest_attackers() -> None:
    draw = random.Random(3)
    genders = ("a WOMAN", "a man"), ("a woman", "a MAN")
    sets = []
    for number in range(40):
        real = draw.randrange(2)
        sets.append(
            {"candidates": [f"{who} in street {number}" for who in genders[real]], "real_index": real}
        )
    honest_ones = [guesses_by_hash(f"honest_{number}") for number in range(100)]
    summary, found = audit_of(sets, *honest_ones)
    assert found == ["odd_one_out"]
    assert sum(tally.p_value < ALPHA for _, _, tally, _ in summary.tested()) > 2


def test_an_attacker_that_only_draws_is_no_test() -> None:
    silent = [
        Attacker(
            f"silent_{number}", "abstains", lambda setting: lambda seen: [Guess("joint", (0.0,) * seen.n)]
        )
        for number in range(150)
    ]
    summary, _ = audit_of(control_rows(honest), *silent)
    assert {adjusted for name, _, _, adjusted in summary.tested() if name.startswith("silent")} == {1.0}
    leaky = list(control_rows(LEAKY["real one in another case"]))[:6]
    # six right guesses among six: (1/6)^6, whoever else is asked
    assert audit_of(leaky, *silent)[1] == ["odd_one_out"]
