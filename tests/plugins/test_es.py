"""obclip-es: what agrees moves together, whatever the gender, and things are left alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from obclip_privacy.candidates.engine import Engine
from obclip_privacy.testing.examples import example_engine
from obclip_privacy.testing.subject import find_subject

PACKAGE = Path(__file__).parents[2] / "plugins" / "obclip-es"


@cache
def engine() -> Engine:
    return example_engine(find_subject(str(PACKAGE)))


PAIRS = [
    ("una joven rubia con un gato", "un joven rubio con un gato"),
    ("retrato de una anciana pescadora, óleo", "retrato de un anciano pescador, óleo"),
    ("la actriz, cansada, mira al espejo", "el actor, cansado, mira al espejo"),
    ("unas pescadoras están sentadas a la orilla", "unos pescadores están sentados a la orilla"),
    ("Todas las médicas que están cansadas", "Todos los médicos que están cansados"),
    ("junto a una gran escritora francesa", "junto a un gran escritor francés"),
    ("una niña pequeña y muy seria", "un niño pequeño y muy serio"),
    ("habla a ella, contenta", "habla a él, contento"),
]


@pytest.mark.parametrize(("female", "male"), PAIRS)
def test_both_give_the_same_set(female: str, male: str) -> None:
    first, second = engine().candidates(female), engine().candidates(male)
    assert first.candidates == second.candidates == (female, male), first.reason
    assert first.payload_bytes == second.payload_bytes
    assert (first.real_index, second.real_index) == (0, 1)


@pytest.mark.parametrize(
    "prompt",
    [
        "una casa vieja, alta y blanca",
        "el mar es negro, la noche larga",
        "las hombreras de una chaqueta",
        "el gato está cansado",
        "a una mesa, sentada",
        "el hombre de nieve",
    ],
)
def test_things_have_no_gender_to_hide(prompt: str) -> None:
    found = engine().candidates(prompt)
    assert (found.n, found.candidates) == (1, (prompt,))


def test_a_pronoun_that_cannot_be_read_back_is_refused_and_never_sent() -> None:
    found = engine().candidates("ella descansa en la hierba")
    assert (found.status, found.candidates) == ("refused", ())


def test_minors_stay_minors() -> None:
    for prompt in ("una niña con una cometa", "dos chicos en la playa"):
        for candidate in engine().candidates(prompt).candidates:
            assert any(word in candidate for word in ("niña", "niño", "chicas", "chicos"))
