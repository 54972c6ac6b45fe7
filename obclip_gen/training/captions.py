"""Varied natural English for a picture's labels.

A caption tells some of what is drawn and leaves the rest out, so that a prompt without an attribute is in
the training
distribution too: the model then draws any value, as large public models do. The words for one drawn value
are synonyms by
construction; in particular the mapping from ethnicity words to drawn skin tones is a crude proxy that the
pictures impose (see the model card), and nothing about people.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from obclip_gen.training.artwork import Picture

#: Ethnicity words by drawn tone (emoji) or race parameter (portraits).
ETHNICITY_WORDS: dict[str, tuple[str, ...]] = {
    "light": ("white", "White", "Caucasian", "European"),
    "medium-light": ("Asian", "East Asian", "Asian", "Chinese", "Japanese", "Korean"),
    "medium": ("Hispanic", "Latino", "Middle Eastern", "Hispanic", "Arab"),
    "medium-dark": ("Indian", "South Asian", "brown", "South Asian"),
    "dark": ("Black", "black", "African", "African-American", "Black"),
    "white": ("white", "White", "Caucasian", "European"),
    "asian": ("Asian", "Asian", "East Asian", "Chinese", "Japanese", "Korean"),
    "brown": ("South Asian", "Indian", "Hispanic", "Middle Eastern", "brown", "Latino", "Arab"),
    "black": ("Black", "black", "African", "African-American", "Black"),
}
SKIN_WORDS: dict[str, tuple[str, ...]] = {
    "light": ("light", "fair", "pale"),
    "medium-light": ("medium-light", "light beige"),
    "medium": ("medium", "olive", "tan"),
    "medium-dark": ("medium-dark", "brown"),
    "dark": ("dark", "very dark"),
    "white": ("light", "fair", "pale"),
    "asian": ("medium-light", "light beige"),
    "brown": ("medium-dark", "brown"),
    "black": ("dark", "very dark"),
}
AGE_WORDS: dict[str, tuple[str, ...]] = {
    "young": ("young", "young", "young adult", "youthful"),
    "middle-aged": ("middle-aged", "middle-aged", "middle aged"),
    "old": ("old", "old", "elderly", "senior", "aged"),
}
AGE_YEARS = {"young": (18, 35), "middle-aged": (36, 59), "old": (60, 90)}
NOUNS = {
    "female": ("woman", "woman", "woman", "lady"),
    "male": ("man", "man", "man", "gentleman"),
    "neutral": ("person",),
}
ADJECTIVES = {"female": "female", "male": "male"}

#: Occupations and kinds of people: the phrases that may follow "a woman ...", or stand alone.
OCCUPATIONS: dict[str, tuple[str, ...]] = {
    "artist": ("artist", "painter"),
    "astronaut": ("astronaut",),
    "construction-worker": ("construction worker", "builder"),
    "cook": ("cook", "chef"),
    "detective": ("detective", "private investigator"),
    "elf": ("elf",),
    "factory-worker": ("factory worker", "welder"),
    "fairy": ("fairy",),
    "farmer": ("farmer", "gardener"),
    "firefighter": ("firefighter",),
    "guard": ("guard", "royal guard"),
    "health-worker": ("health worker", "doctor", "nurse", "medic"),
    "judge": ("judge",),
    "mage": ("mage", "wizard"),
    "mechanic": ("mechanic", "plumber"),
    "merpeople": ("merperson",),
    "ninja": ("ninja",),
    "office-worker": ("office worker", "business person", "manager"),
    "pilot": ("pilot",),
    "police-officer": ("police officer",),
    "scientist": ("scientist", "chemist"),
    "singer": ("singer", "rock star"),
    "snowboarder": ("snowboarder",),
    "student": ("student", "graduate"),
    "superhero": ("superhero",),
    "supervillain": ("supervillain",),
    "teacher": ("teacher", "professor"),
    "technologist": ("technologist", "programmer", "software developer"),
    "vampire": ("vampire",),
}
#: What a person does, wears or has: the phrases that follow the noun.
PREDICATES: dict[str, tuple[str, ...]] = {
    "bald": ("with a bald head", "who is bald"),
    "beard": ("with a beard", "who has a beard"),
    "biking": ("riding a bike", "biking", "cycling"),
    "blonde-hair": ("with blond hair", "with blonde hair"),
    "bouncing-ball": ("bouncing a ball", "playing basketball"),
    "bowing": ("bowing", "bowing deeply"),
    "cartwheeling": ("doing a cartwheel", "cartwheeling"),
    "climbing": ("climbing", "rock climbing"),
    "curly-hair": ("with curly hair",),
    "dancing": ("dancing",),
    "deaf": ("who is deaf", "pointing at an ear"),
    "facepalming": ("facepalming", "with a hand on the face"),
    "feeding-baby": ("feeding a baby", "giving a baby a bottle"),
    "frowning": ("frowning", "looking sad"),
    "gesturing-no": ("gesturing no", "with crossed arms"),
    "gesturing-ok": ("gesturing OK", "with arms above the head"),
    "getting-haircut": ("getting a haircut", "at the hairdresser"),
    "getting-massage": ("getting a massage", "having a massage"),
    "golfing": ("playing golf", "golfing"),
    "in-bed": ("in bed", "sleeping in a bed"),
    "in-lotus-position": ("in the lotus position", "meditating", "doing yoga"),
    "in-manual-wheelchair": ("in a wheelchair", "in a manual wheelchair"),
    "in-manual-wheelchair-facing-right": (
        "in a wheelchair facing right",
        "in a manual wheelchair facing right",
    ),
    "in-motorized-wheelchair": ("in a motorized wheelchair", "in an electric wheelchair"),
    "in-motorized-wheelchair-facing-right": ("in a motorized wheelchair facing right",),
    "in-steamy-room": ("in a steamy room", "in a sauna"),
    "in-suit-levitating": ("in a suit, levitating", "levitating in a business suit"),
    "in-tuxedo": ("in a tuxedo", "wearing a tuxedo"),
    "juggling": ("juggling", "juggling balls"),
    "kneeling": ("kneeling", "on one knee"),
    "kneeling-facing-right": ("kneeling, facing right",),
    "lifting-weights": ("lifting weights", "lifting a barbell"),
    "mountain-biking": ("mountain biking", "riding a mountain bike"),
    "playing-handball": ("playing handball",),
    "playing-water-polo": ("playing water polo",),
    "pouting": ("pouting", "looking grumpy"),
    "pregnant": ("who is pregnant", "expecting a baby"),
    "raising-hand": ("raising a hand", "with one hand up"),
    "red-hair": ("with red hair", "with ginger hair"),
    "rowing-boat": ("rowing a boat", "in a rowing boat"),
    "running": ("running", "jogging"),
    "running-facing-right": ("running to the right",),
    "shrugging": ("shrugging",),
    "standing": ("standing",),
    "surfing": ("surfing", "on a surfboard"),
    "swimming": ("swimming",),
    "taking-bath": ("taking a bath", "in a bathtub"),
    "tipping-hand": ("tipping a hand", "holding out a hand"),
    "walking": ("walking",),
    "walking-facing-right": ("walking to the right",),
    "wearing-turban": ("wearing a turban", "in a turban"),
    "white-hair": ("with white hair",),
    "with-crown": ("with a crown", "wearing a crown"),
    "with-headscarf": ("with a headscarf", "wearing a headscarf", "wearing a hijab"),
    "with-skullcap": ("with a skullcap", "wearing a skullcap"),
    "with-veil": ("with a veil", "wearing a veil"),
    "with-white-cane": ("with a white cane", "walking with a white cane"),
    "with-white-cane-facing-right": ("with a white cane facing right",),
    "breast-feeding": ("breast-feeding a baby", "nursing a baby"),
}
#: Whole nouns by gender, for what has a word of its own.
OWN_NOUNS: dict[str, dict[str, tuple[str, ...]]] = {
    "child": {"female": ("girl",), "male": ("boy",), "neutral": ("child", "kid")},
    "baby": {"neutral": ("baby",)},
    "baby-angel": {"neutral": ("baby angel",)},
    "older": {
        "female": ("old woman", "elderly woman", "senior woman", "elderly lady"),
        "male": ("old man", "elderly man", "senior man", "elderly gentleman"),
        "neutral": ("old person", "older person", "elderly person"),
    },
    "prince": {"female": ("princess",), "male": ("prince",)},
    "claus": {"female": ("Mrs. Claus",), "male": ("Santa Claus",), "neutral": ("Mx. Claus",)},
    "merpeople": {"female": ("mermaid",), "male": ("merman",), "neutral": ("merperson",)},
    "mage": {"female": ("woman mage", "witch"), "male": ("man mage", "wizard"), "neutral": ("mage",)},
    "superhero": {
        "female": ("superheroine", "woman superhero"),
        "male": ("man superhero",),
        "neutral": ("superhero",),
    },
    "police-officer": {
        "female": ("policewoman", "woman police officer"),
        "male": ("policeman", "man police officer"),
    },
    "office-worker": {
        "female": ("businesswoman", "woman office worker"),
        "male": ("businessman", "man office worker"),
    },
}
_HAIR = {
    "long": "long {colour} hair",
    "short": "short {colour} hair",
    "curly": "curly {colour} hair",
    "afro": "{colour} afro hair",
    "spiky": "spiky {colour} hair",
}


def _article(phrase: str) -> str:
    word = phrase.lower()
    vowel = word[:1] in "aeiou8" or word.startswith(("11-", "18-"))
    return ("an " if vowel and not word.startswith(("european", "unicorn", "uni")) else "a ") + phrase


def _ethnicity(drawn: str, gender: str, rng: random.Random) -> str:
    word = rng.choice(ETHNICITY_WORDS[drawn])
    return "Latina" if word == "Latino" and gender == "female" else word


def is_hand(picture: Picture) -> bool:
    """Whether an emoji shows a part of the body alone: a hand, an ear, a leg."""
    return picture.style != "portrait" and not (
        picture.role in OCCUPATIONS
        or picture.role in PREDICATES
        or picture.role in OWN_NOUNS
        or picture.role == "person"
    )


def _join(words: Sequence[str]) -> str:
    return " ".join(word for word in words if word)


def _years(rng: random.Random, age: str) -> int:
    low, high = AGE_YEARS[age]
    return rng.randint(low, high)


def caption(picture: Picture, rng: random.Random) -> str:
    """One caption of ``picture``; attributes are left out at random (about one caption in eight lacks a
    given one).
    """
    text = _portrait(picture, rng) if picture.style == "portrait" else _emoji(picture, rng)
    return text.lower() if rng.random() < 0.1 else text


def full_caption(picture: Picture, variant: int = 0) -> str:
    """The caption used for scoring: every scored attribute told once, in plain words. ``variant`` picks
    among synonyms.
    """
    rng = random.Random(variant)
    drawn = picture.tone or picture.race
    ethnicity = "" if drawn == "default" else _ethnicity(drawn, picture.gender, rng)
    if picture.style == "portrait":
        noun = NOUNS[picture.gender][0]
        person = _article(_join((AGE_WORDS[picture.age][0], ethnicity, noun)))
        return f"a cartoon portrait of {person}{_portrait_tail(picture, rng, 1.0)}"
    prefix = "an emoji of" if picture.style == "modern" else "a flat emoji of"
    if ethnicity and is_hand(picture):
        return f"{prefix} {_person(picture, '', rng)} with {rng.choice(SKIN_WORDS[drawn])} skin"
    return f"{prefix} {_person(picture, ethnicity, rng)}"


def _person(picture: Picture, ethnicity: str, rng: random.Random) -> str:
    """Noun phrase of an emoji's person: ``a Black woman firefighter``, ``an Asian man juggling``."""
    noun = rng.choice(NOUNS[picture.gender])
    own = OWN_NOUNS.get(picture.role, {}).get(picture.gender)
    if own is not None:
        phrase = rng.choice(own)
        first, _, rest = phrase.partition(" ")
        if first in ("old", "elderly", "senior", "older"):
            return _article(_join((first, ethnicity, rest)))
        return _join((ethnicity, phrase)) if "Claus" in phrase else _article(_join((ethnicity, phrase)))
    if picture.role in OCCUPATIONS:
        job = rng.choice(OCCUPATIONS[picture.role])
        if picture.gender == "neutral":
            return _article(_join((ethnicity, job)))
        shape = rng.random()
        if shape < 0.55:
            return _article(_join((ethnicity, noun, job)))
        if shape < 0.8:
            return _article(_join((ethnicity, ADJECTIVES[picture.gender], job)))
        return (
            f"{_article(_join((ethnicity, noun)))} who is {_article(job)}"
            if shape < 0.9
            else f"{_article(job)}, {_article(_join((ethnicity, noun)))}"
        )
    if picture.role in PREDICATES:
        return f"{_article(_join((ethnicity, noun)))} {rng.choice(PREDICATES[picture.role])}"
    if picture.role == "person":
        return _article(_join((ethnicity, noun)))
    words = picture.role.replace("-", " ")
    plural = words.endswith("hands") or words in (
        "open hands",
        "crossed fingers",
        "pinched fingers",
        "folded hands",
        "thumbs up",
        "thumbs down",
    )
    return words if plural else _article(words)


def _emoji(picture: Picture, rng: random.Random) -> str:
    if picture.style == "flat":
        prefix = rng.choice(
            ("a flat emoji of", "a flat emoji of", "a flat icon of", "flat emoji of", "a flat drawing of")
        )
    else:
        prefix = rng.choice(
            (
                "an emoji of",
                "an emoji of",
                "an emoji of",
                "emoji of",
                "an emoji showing",
                "a 3D emoji of",
                "3D emoji of",
            )
        )
    ethnicity, tail = "", ""
    if picture.tone != "default" and rng.random() < 0.9:
        if is_hand(picture) or rng.random() < 0.25:
            skin = rng.choice(SKIN_WORDS[picture.tone])
            tail = rng.choice(
                (f" with {skin} skin", f", {skin} skin tone", f" with {_article(skin)} skin tone")
            )
        else:
            ethnicity = _ethnicity(picture.tone, picture.gender, rng)
    elif picture.tone == "default" and rng.random() < 0.2:
        tail = rng.choice((" with yellow skin", ", yellow"))
    told = picture
    if picture.gender != "neutral" and picture.role not in ("breast-feeding",) and rng.random() < 0.08:
        told = Picture(picture.style, picture.role, "neutral", picture.age, tone=picture.tone)
    return f"{prefix} {_person(told, ethnicity, rng)}{tail}"


def _portrait_tail(picture: Picture, rng: random.Random, keep: float) -> str:
    traits = picture.traits
    having: list[str] = []
    if traits["glasses"] != "none" and rng.random() < keep:
        having.append("glasses")
    if traits["hair"] == "bald":
        if traits["hat"] == "none" and rng.random() < keep * 0.8:
            having.append("a bald head")
    elif traits["hat"] != "hat" and rng.random() < keep * 0.6:
        colour = "" if rng.random() < 0.3 else traits["hairColour"]
        having.append(" ".join(_HAIR[traits["hair"]].format(colour=colour).split()))
    if traits["facialHair"] != "none" and rng.random() < keep:
        having.append(_article(traits["facialHair"]))
    if traits["freckles"] != "none" and rng.random() < keep:
        having.append("freckles")
    rng.shuffle(having)
    wearing: list[str] = []
    if traits["hat"] != "none" and rng.random() < keep:
        wearing.append(_article("cap" if traits["hat"] == "hat" and rng.random() < 0.5 else traits["hat"]))
    if rng.random() < keep * 0.4:
        wearing.append(_article(f"{traits['clothes']} {rng.choice(('shirt', 'jersey', 'top'))}"))
    text = ""
    if having:
        text += " with " + (", ".join(having[:-1]) + " and " + having[-1] if len(having) > 1 else having[0])
    if wearing:
        text += " wearing " + " and ".join(wearing)
    if rng.random() < keep * 0.8:
        moods = {
            "smiling": ("smiling", "smiling", "happy"),
            "angry": ("angry", "frowning"),
            "serious": ("serious", "not smiling"),
        }
        mood = rng.choice(moods[traits["expression"]])
        pronoun = {"female": "she", "male": "he"}[picture.gender]
        text += f", {pronoun} is {mood}" if rng.random() < 0.12 else f", {mood}"
    return text


def _portrait(picture: Picture, rng: random.Random) -> str:
    prefix = rng.choice(
        (
            "a cartoon portrait of",
            "a cartoon portrait of",
            "a cartoon portrait of",
            "cartoon portrait of",
            "a portrait of",
            "portrait of",
            "a cartoon of",
            "a cartoon face of",
            "an avatar of",
        )
    )
    noun = rng.choice(NOUNS[picture.gender]) if rng.random() < 0.92 else "person"
    age, ethnicity, tail = "", "", ""
    if rng.random() < 0.88:
        if rng.random() < 0.15:
            years = _years(rng, picture.age)
            if rng.random() < 0.5:
                age = f"{years}-year-old"
            else:
                tail = f", aged {years}"
        else:
            age = rng.choice(AGE_WORDS[picture.age])
    skin = ""
    if rng.random() < 0.9:
        if rng.random() < 0.15:
            skin = f" with {rng.choice(SKIN_WORDS[picture.race])} skin"
        else:
            ethnicity = _ethnicity(picture.race, picture.gender, rng)
    return (
        f"{prefix} {_article(_join((age, ethnicity, noun)))}{skin}{tail}{_portrait_tail(picture, rng, 0.7)}"
    )
