"""Properties of every prompt: the promises of the design, on generated and on arbitrary text."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obclip_privacy.candidates.engine import Engine
from tests.candidates.conftest import PROMPTS, engine_for

PERSONS = [
    "woman",
    "man",
    "girls",
    "boy",
    "lady",
    "firefighter",
    "people",
    "nurse",
    "grandmother",
    "waiters",
    "kid",
]
PERSONS += ["Asian", "Irishman", "ballerina", "seniors", "teenager", "queen", "couple", "male", "policewoman"]
MODIFIERS = [
    "old",
    "young",
    "Black",
    "asian",
    "elderly",
    "smiling",
    "tall",
    "37-year-old",
    "7-year-old",
    "bald",
]
MODIFIERS += ["female", "dark-skinned", "blonde", "white", "little", "middle-aged", "Mexican", "pregnant"]
TAILS = [
    "with her dog",
    "with his hat",
    "in a red dress",
    "wearing a hijab",
    "she smiles",
    "aged 70",
    "his own",
    "",
]
TAILS += [
    "and he walks",
    "with a beard",
    "in her thirties",
    "of Indian descent",
    "is old",
    "looking at them",
    "her",
]
MINORS = {"girl", "girls", "boy", "boys", "child", "kid", "teenager", "children"}
GLUE = [" and ", ", ", ". ", " ", " next to ", "\n", " holding ", ", a "]

phrases = st.builds(
    lambda article, modifiers, person, tail, glue: f"{article}{' '.join([*modifiers, person])} {tail}{glue}",
    st.sampled_from(["a ", "an ", "the ", "two ", "", "A ", "my "]),
    st.lists(st.sampled_from(MODIFIERS), max_size=2),
    st.sampled_from(PERSONS),
    st.sampled_from(TAILS),
    st.sampled_from(GLUE),
)
prompts = st.lists(phrases, min_size=1, max_size=3).map("".join) | st.sampled_from(
    [p["prompt"] for p in PROMPTS]
)
cased = st.tuples(prompts, st.sampled_from([str, str.upper, str.lower, str.title])).map(
    lambda pair: pair[1](pair[0])
)
texts = st.text(max_size=300) | st.text(st.characters(codec="utf-8"), max_size=60).map(
    lambda text: f"a woman {text}"
)
slow = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

DEFAULT: Engine = engine_for("default")


@slow
@given(cased)
def test_what_is_sent_is_closed_or_refused(prompt: str) -> None:
    found = DEFAULT.candidates(prompt)
    if found.status != "ok":
        assert (found.candidates, found.members, found.set_sha256) == ((), (), "")
        return
    assert found.k_eff == found.n
    for member in found.members[:24]:
        assert DEFAULT.transform(member).payload_bytes == found.payload_bytes
    for candidate in found.candidates[:24]:
        assert DEFAULT.candidates(candidate).set_sha256 == found.set_sha256


@slow
@given(cased)
def test_asking_for_the_real_candidate_gives_the_same_set(prompt: str) -> None:
    found = DEFAULT.candidates(prompt)
    if found.status == "ok":
        again = DEFAULT.candidates(found.candidates[found.real_index])
        assert (again.candidates, again.real_index) == (found.candidates, found.real_index)


EITHER = re.compile(r"\b(his or her|her or his|he or she|she or he|him or her|her or him)\b", re.IGNORECASE)


@slow
@given(prompts)
def test_words_outside_spans_stay(prompt: str) -> None:
    """Every word that no mention, cue, article or verb accounts for is in every candidate, in order."""
    found = DEFAULT.candidates(prompt)
    if found.status != "ok":
        return
    detection = DEFAULT.detect(prompt)
    spans = [(m.start, m.end) for m in detection.mentions] + [(s.start, s.end) for s in found.withheld]
    spans += [match.span() for match in EITHER.finditer(prompt)]  # one pronoun of three words
    kept = "".join(" " if any(s <= i < e for s, e in spans) else char for i, char in enumerate(prompt))
    free = {"a", "an", "he", "she", "they", "smile", "smiles", "walk", "walks"}
    words = [word for word in kept.replace(",", " ").replace(".", " ").split() if word.lower() not in free]
    for candidate in found.candidates:
        at = 0
        for word in words:
            at = candidate.find(word, at)
            assert at >= 0, (word, candidate)
            at += len(word)


@slow
@given(texts)
def test_arbitrary_text_never_crashes_and_is_never_changed(text: str) -> None:
    found = DEFAULT.candidates(text)
    assert found.status in ("ok", "refused")
    assert (found.status == "refused") == bool(found.reason)
    detection = DEFAULT.detect(text)
    for span in (*detection.mentions, *detection.cues):
        assert text[span.start : span.end] == span.text
        assert 0 <= span.start < span.end <= len(text)
    if found.status == "ok" and not detection.mentions and not detection.cues:
        assert found.candidates == (text,)


@slow
@given(texts, st.sampled_from(["an old woman, blurry", "male, beard", "", "worst quality"]))
def test_negative_prompts_never_carry_mentions(text: str, negative: str) -> None:
    found = DEFAULT.candidates(text, negative)
    for word in ("woman", "old", "male", "beard"):
        assert word not in found.cloud_negative_prompt


@slow
@given(prompts)
def test_adults_and_minors_are_never_exchanged(prompt: str) -> None:
    """Whatever the candidate, as many of its words speak of minors as in the real one's."""
    found = DEFAULT.candidates(prompt)
    if found.status != "ok":
        return
    counts = {
        sum(word in MINORS for word in re.findall(r"[a-z]+", text.lower())) for text in found.candidates
    }
    assert len(counts) == 1
