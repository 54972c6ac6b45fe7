"""What policies can ask of the engine, and that nothing but the prompt and the policy matters."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest

from obclip_privacy.attributes.base import (
    Attribute,
    CueDetector,
    CueFinding,
    Detector,
    Finding,
    Generator,
    Lexicon,
)
from obclip_privacy.attributes.lexicon_file import parse_lexicon
from obclip_privacy.candidates.engine import HARD_MAX_PROMPT_CHARS, Engine
from obclip_privacy.errors import BadInputError, PluginError, PolicyError
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.plugins.manager import BUILTIN_MODULES, Candidate, builtin_candidates, collect
from obclip_privacy.plugins.vocabulary import vocabulary_of
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import AttributePolicy, Policy, Strategy
from tests.candidates.conftest import PROMPTS

GENDER = {"id": "gender", "strategy": "enumerate", "values": ["female", "male"]}
AGE = {"id": "age", "strategy": "enumerate", "values": ["young", "middle-aged", "old"]}
ETHNICITY = {"id": "ethnicity", "strategy": "enumerate", "values": ["asian", "black", "white", "hispanic"]}


# --- linguistics, end to end: what the cloud gets


@pytest.mark.parametrize(
    ("prompt", "other"),
    [
        ("she looks at him", "he looks at her"),
        ("A woman holds her hat.", "A man holds his hat."),
        ("the red bag is hers", "the red bag is his"),
        ("a friend of hers sings", "a friend of his sings"),
        ("a firefighter, her helmet in her hands", "a firefighter, his helmet in his hands"),
        ("a dog follows her", "a dog follows him"),
        ("a photo of her in the rain", "a photo of him in the rain"),
        ("the crowd watched her dance", "the crowd watched him dance"),
        ("the joke made her laugh", "the joke made him laugh"),
        ("we saw her running", "we saw him running"),
        ("her running shoes", "his running shoes"),
        ("she dances by herself", "he dances by himself"),
        ("THE WOMAN AND HER DOG", "THE MAN AND HIS DOG"),
        ("Woman, Her Dog", "Man, His Dog"),
        ("policewoman, waitresses, ballerina", "policeman, waiters, male ballet dancer"),
        ("the wives of the sailors", "the husbands of the sailors"),
        ("an actress", "an actor"),
        ("Ms. Lee", "A man"),
        ("her next customer", "his next customer"),
        ("behind her holds a man a flag", "behind him holds a woman a flag"),
    ],
)
def test_linked_words_move_together(default: Engine, prompt: str, other: str) -> None:
    found = default.candidates(prompt)
    assert other in found.candidates
    assert default.candidates(other).set_sha256 == found.set_sha256


@pytest.mark.parametrize(
    ("prompt", "candidates"),
    [
        ("a man and a woman, she smiles", ["a woman and a woman, they smile"]),
        ("a man and a woman. The woman waves.", ["a man and a man. The person waves."]),
        ("a man greets a woman, his hat in his hand", ["a man greets a man, their hat in their hand"]),
        ("an artist with his or her brush", ["an artist with their brush"]),
        (
            "a boy and a girl, he is tired and she has ice cream",
            ["a boy and a boy, they are tired and they have ice cream"],
        ),
    ],
)
def test_what_is_not_clear_is_said_without_a_value(
    default: Engine, prompt: str, candidates: list[str]
) -> None:
    found = default.candidates(prompt)
    assert set(candidates) <= set(found.candidates)
    for text in found.candidates:
        assert not {"she", "he", "his", "her"} & set(text.replace(",", "").split())


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("a man with a beard and glasses", "a man with glasses"),
        ("a man with glasses and a beard", "a man with glasses"),
        ("a man with a long grey beard, smiling", "a man, smiling"),
        ("a man, beard, smiling", "a man, smiling"),
        ("a bald, bearded man", "a man"),
        ("a tall, bald, smiling man", "a tall, smiling man"),
        ("a man who is bald", "a man"),
        ("the man is bald and tired", "the man is tired"),
        ("an unshaven man", "a man"),
        ("a man stroking his beard", "a man stroking his hair"),
        ("a man in a long black dress", "a man in a long black outfit"),
        ("a man with grey hair", "a man with hair"),
        ("a man with long, grey hair", "a man with long hair"),
        ("a man wearing a turban, outdoors", "a man, outdoors"),
        ("a man in a wheelchair in a park", "a man in a park"),
        ("a man with dreadlocks, a beard and a hat", "a man with a hat"),
        ("a man with a beard and a moustache", "a man"),
        ("a man with a rosary in his hands", "a man"),
        ("a man with his guide dog in a park", "a man in a park"),
        ("a man applying lipstick", "a man"),
    ],
)
def test_cues_are_taken_out_cleanly(default: Engine, prompt: str, sent: str) -> None:
    found = default.candidates(prompt)
    assert (found.status, found.reason) == ("ok", "")
    assert sent in found.candidates
    assert found.withheld
    assert all(prompt[span.start : span.end] == span.text for span in found.withheld)


def test_things_without_a_person_are_left_alone(default: Engine) -> None:
    for prompt in ("a red dress on a hanger", "an old black car", "a white beard of moss on a tree"):
        assert default.candidates(prompt).candidates == (prompt,)


# --- strategies


def test_neutralise_sends_one_string_and_counts_the_domain(make_engine) -> None:
    engine = make_engine(attributes=[dict(GENDER, strategy="neutralise"), dict(AGE, strategy="neutralise")])
    found = engine.candidates("An old woman and her waiter")
    assert found.candidates == ("A person and their server",)
    assert (found.n, found.n_sent, found.k_eff, found.assignments) == (12, 1, 12, ((),))
    assert {r.strategy for r in found.attributes} == {"neutralise"}


def test_withhold_drops_the_words_and_says_so(make_engine) -> None:
    engine = make_engine(attributes=[dict(ETHNICITY, strategy="withhold")])
    found = engine.candidates("an Asian chef of Indian descent")
    assert found.candidates == ("a chef",)
    assert [span.text for span in found.withheld] == ["Asian", "of Indian descent"]


def test_keep_changes_nothing(make_engine) -> None:
    engine = make_engine(attributes=[dict(GENDER, strategy="keep"), AGE])
    found = engine.candidates("an old lady with her dog")
    assert found.candidates == (
        "a young lady with her dog",
        "a middle-aged lady with her dog",
        "an old lady with her dog",
    )
    assert (found.n, found.attributes[0].strategy, found.attributes[1].strategy) == (3, "keep", "enumerate")


def test_generalise_writes_the_coarser_word(make_engine) -> None:
    engine = make_engine(attributes=[dict(AGE, strategy="generalise")])
    found = engine.candidates("a 37-year-old chef")
    assert found.candidates[found.real_index] == "a middle-aged chef"


def test_block_hides_within_the_block_and_reports_the_choice(make_engine) -> None:
    engine = make_engine(attributes=[dict(ETHNICITY, strategy="block", options={"block_size": 2})])
    found = engine.candidates("a White chef")
    assert found.candidates == ("a White chef", "a Hispanic chef")
    assert (found.n, found.leakage_bits, found.status) == (2, 1.0, "ok")
    listed = make_engine(
        attributes=[
            dict(ETHNICITY, strategy="block", options={"blocks": [["asian", "white"], ["black", "hispanic"]]})
        ]
    )
    assert listed.candidates("a White chef").candidates == ("an Asian chef", "a White chef")
    with pytest.raises(PolicyError, match="blocks"):
        make_engine(attributes=[dict(ETHNICITY, strategy="block", options={"blocks": [["asian"]]})])


def test_hidden_presence_makes_saying_nothing_look_the_same(make_engine) -> None:
    hidden = [dict(a, strategy="neutralise", presence="hidden") for a in (GENDER, AGE, ETHNICITY)]
    engine = make_engine(attributes=hidden)
    told = engine.candidates("portrait of an elderly Asian woman in a garden")
    untold = engine.candidates("portrait of a person in a garden")
    assert told.payload_bytes == untold.payload_bytes
    assert (told.n, untold.n) == (24, 1)


# --- domains, limits, guarantees


@pytest.mark.parametrize(
    ("action", "candidates"),
    [("neutralise", ("a chef",)), ("generalise", ("a European chef",)), ("refuse", ())],
)
def test_values_outside_the_domain(make_engine, action: str, candidates: tuple[str, ...]) -> None:
    engine = make_engine(
        attributes=[
            {
                "id": "ethnicity",
                "strategy": "enumerate",
                "values": ["asian", "black"],
                "out_of_domain": action,
            }
        ]
    )
    found = engine.candidates("a French chef")
    assert found.candidates == candidates
    assert ("outside" in found.reason) == (action == "refuse")


def test_overflow_neutralises_the_last_attribute_of_the_last_person(make_engine) -> None:
    engine = make_engine(attributes=[GENDER, AGE], limits={"max_candidates": 11})
    found = engine.candidates("an old man and a young woman")
    assert found.candidates[0] == "a woman and a woman"
    assert found.n == 36
    assert found.n_sent == 4
    single = make_engine(attributes=[GENDER, AGE], limits={"max_candidates": 12})
    assert single.candidates("an old man and a young woman").candidates[-1] == "an old man and a man"
    refusing = make_engine(attributes=[GENDER, AGE], limits={"max_candidates": 11, "overflow": "refuse"})
    assert "more than 11 candidates" in refusing.candidates("an old man and a young woman").reason


def test_guarantees(make_engine) -> None:
    engine = make_engine(attributes=[GENDER, AGE], guarantee={"min_n": 6})
    assert engine.candidates("an old man").status == "ok"
    assert "fewer than the 6" in engine.candidates("a man").reason
    assert engine.candidates("a tree").status == "ok"
    posterior = make_engine(attributes=[GENDER], guarantee={"max_posterior": 0.5})
    assert posterior.candidates("a man").status == "ok"


def test_priors_of_the_policy_are_used(make_engine) -> None:
    values = [{"id": "female", "prior": 0.75}, {"id": "male", "prior": 0.25}]
    engine = make_engine(attributes=[dict(GENDER, values=values), AGE])
    found = engine.candidates("an old nurse with her bag")
    assert found.figures.posterior == Fraction(3, 4) * Fraction(1, 3)
    assert found.figures.posterior_worst_attribute == Fraction(3, 4)
    assert (found.figures.prior, found.n, found.leakage_bits) == ("policy", 6, 0.0)


@pytest.mark.parametrize("prompt", ["", "  \n", "a woman \ud800"])
def test_prompts_that_cannot_be_used_are_refused(default: Engine, prompt: str) -> None:
    found = default.candidates(prompt)
    assert (found.status, found.candidates, found.real_index, found.set_sha256) == ("refused", (), -1, "")
    assert found.reason


def test_length_limits(default: Engine) -> None:
    limit = default.policy.limits.max_prompt_chars
    assert default.candidates("a" * limit).status == "ok"
    assert "more than" in default.candidates("a" * (limit + 1)).reason
    assert "more than" in default.candidates("a tree", "b" * (limit + 1)).reason
    with pytest.raises(BadInputError, match="shorten it"):
        default.detect("a" * (HARD_MAX_PROMPT_CHARS + 1))


# --- negative prompts


@pytest.mark.parametrize(
    ("negative", "sent"),
    [
        ("blurry, old man, deformed hands", "blurry, deformed hands"),
        ("male, beard, lowres", "lowres"),
        ("female, woman", ""),
        ("bad anatomy of a woman, text", "bad anatomy of a person, text"),
        ("lowres, ugly", "lowres, ugly"),
        ("", ""),
    ],
)
def test_negative_prompts_lose_what_they_state(default: Engine, negative: str, sent: str) -> None:
    found = default.candidates("portrait of a woman", negative)
    assert (found.cloud_negative_prompt, found.negative_prompt) == (sent, negative)
    assert found.payload()["negative_prompt"] == sent


@pytest.mark.parametrize(
    ("action", "sent", "status"),
    [("drop", "", "ok"), ("keep", "a man", "ok"), ("refuse", "", "refused"), ("withhold", "", "ok")],
)
def test_negative_prompt_actions(make_engine, action: str, sent: str, status: str) -> None:
    found = make_engine(attributes=[GENDER], negative_prompt=action).candidates("a woman", "a man")
    assert (found.cloud_negative_prompt, found.status) == (sent, status)


# --- cues by policy


@pytest.mark.parametrize(
    ("action", "status", "sent"), [("keep", "ok", "a man with a beard"), ("refuse", "refused", None)]
)
def test_cue_actions(make_engine, action: str, status: str, sent: str | None) -> None:
    found = make_engine(attributes=[GENDER], cues={"hair": action}).candidates("a man with a beard")
    assert found.status == status
    assert sent is None or sent in found.candidates


# --- plugins


def test_detectors_generators_and_cues_of_plugins(tmp_path) -> None:
    lexicon = parse_lexicon(
        [
            '{"class": "mood.adjective", "pos": "adjective", "neutral": [""], '
            '"forms": {"calm": ["calm"], "angry": ["angry"]}}'
        ],
        "mood",
    )

    def find(text: str) -> list[Finding]:
        at = text.find("furious")
        return [Finding(at, at + 7, "mood.adjective", "angry")] if at >= 0 else []

    def cues(text: str) -> list[CueFinding]:
        at = text.find("tattoo")
        return [CueFinding(at, at + 6, "mood", "body", "a test", "mark")] if at >= 0 else []

    class Plugin:
        @hookimpl
        def register_attributes(self, register):
            shout = Generator("soft", lambda context, value: f"quite {value}")
            register(Attribute("mood", "Mood", lexicon, (Detector("furies", find),), (shout,)))

        @hookimpl
        def register_cue_detectors(self, register):
            register(CueDetector("tattoos", find=cues))

    def engine(**mood: object) -> Engine:
        path = tmp_path / "policy.json"
        attribute = {"id": "mood", "strategy": "enumerate", "values": ["calm", "angry"], **mood}
        path.write_text(json.dumps({"schema_version": 1, "name": "t", "attributes": [attribute]}))
        registry = collect((*builtin_candidates(), Candidate("mine", "t:m", "t", "1", plugin=Plugin())))
        return Engine(load_policy(path, vocabulary_of(registry)), registry)

    found = engine(detectors=["mood"], generator="mood").candidates("a furious woman with a tattoo")
    assert found.candidates == ("a calm woman with a mark", "an angry woman with a mark")
    assert engine(detectors=["lexicon"], generator="lexicon").candidates("a furious chef").n == 1
    soft = engine(detectors=["mood"], generator="soft").candidates("an angry chef")
    assert soft.status == "refused"  # it writes what nothing reads back


def test_a_finding_of_another_attributes_class_is_refused() -> None:
    class Plugin:
        @hookimpl
        def register_attributes(self, register):
            stray = Detector("stray_finder", lambda text: [Finding(0, 1, "gender.adult", "female")])
            register(Attribute("stray", "Stray", Lexicon(), (stray,)))

    registry = collect((*builtin_candidates(), Candidate("mine", "t:m", "t", "1", plugin=Plugin())))
    policy = Policy(1, "t", "", (), (AttributePolicy("stray", Strategy.KEEP, (), (), ""),), {})
    with pytest.raises(PluginError, match=r"stray_finder.*gender\.adult"):
        Engine(policy, registry).detect("a woman")


# --- nothing else matters


def fingerprint(engine: Engine) -> str:
    digest = hashlib.sha256()
    for example in PROMPTS[:60]:
        digest.update(engine.candidates(example["prompt"]).set_sha256.encode())
    return digest.hexdigest()


def test_threads_give_the_same_bytes(default: Engine) -> None:
    prompts = [example["prompt"] for example in PROMPTS[:30]]
    alone = [default.candidates(prompt).payload_bytes for prompt in prompts]
    with ThreadPoolExecutor(8) as pool:
        for together in pool.map(lambda _: [default.candidates(p).payload_bytes for p in prompts], range(8)):
            assert together == alone


@pytest.mark.parametrize("seed", ["0", "12345"])
def test_hash_seed_does_not_matter(default: Engine, seed: str) -> None:
    code = (
        "from tests.candidates.test_engine import fingerprint\n"
        "from tests.candidates.conftest import engine_for\n"
        "print(fingerprint(engine_for('default')))"
    )
    environment = {"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": ":".join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == fingerprint(default)


def test_plugin_order_does_not_matter(default: Engine) -> None:
    policy = load_policy("default")
    backwards = Engine(policy, collect(builtin_candidates(BUILTIN_MODULES[::-1])))
    assert fingerprint(backwards) == fingerprint(default)
