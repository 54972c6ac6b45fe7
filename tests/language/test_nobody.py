"""Words for persons in the names of things: each rule beside a prompt in which the same word is somebody."""

from __future__ import annotations

import pytest

from tests.candidates.conftest import engine_for

#: (rule, prompt that names nobody, prompt that names somebody, what of it is a mention)
PAIRS = [
    ("several nouns after an article", "an old maid card game", "an old maid, card game", "old maid"),
    ("several nouns after an article", "a bride cake stand", "bride cake stand garden", "bride"),
    ("adjectives among them", "a queen bed soft cover", "a queen covers a soft bed", "queen"),
    ("the last one a plural", "a king crab claw collection", "a king grabs claws", "king"),
    ("a past like the base form", "a queen bed frame", "a queen cut cake", "queen"),
    ("a product", "a lady garden candle", "a lady lights a candle", "lady"),
    ("joined by a hyphen", "a princess-line pattern", "a princess - line art", "princess"),
    ("adjectives before an animal", "a juvenile bald eagle", "a juvenile in bed", "juvenile"),
    ("for how many a thing is", "a two-man saw on a wall", "a two-man band on a stage", "man"),
    ("for how many a thing is", "a one man tent", "A three man band is on stage", "man"),
    ("an animal after it", "a cowboy horse", "a cowboy horse rider", "cowboy"),
    ("owner after an article", "a fisherman's knot", "the fisherman's knot", "fisherman"),
    ("owner after an article", "a gentleman's cane", "a gentleman's face", "gentleman"),
    ("owner, and nobody else", "a fireman's axe on a wall", "a fireman's axe and a girl", "fireman"),
    ("title of a work", "a copy of Little Women", "a copy of little women", "women"),
    ("title of a work", "a playbill for My Fair Lady", "a playbill for a lady", "lady"),
    ("title before the word for it", "The Girl with the Dragon Tattoo book", "The Girl with a Book", "Girl"),
    ("place", "a lord Howe Island palm", "a lord on an island", "lord"),
    ("product with a name", "a Lady Grey tea tin", "Lady Grey drinks tea", "Lady"),
    ("owned place", "The Nun's Valley from above", "The Nun's Valley With A Nun", "Nun"),
    ("owned place", "The Nun's Valley from above", "the nun's valley from above", "nun"),
    ("owned place", "The Nun's Valley from above", "The Girl's Valley from above", "Girl"),
    ("place", "a lord Howe Island palm", "Young Woman Brooklyn Bridge at night", "Woman"),
    ("place", "the Valley of the Kings", "the garden of Young Women", "Women"),
    ("title of a copy", "a copy of Little Women", "an album of Young Women", "Women"),
    ("title after its kind", "the movie Pretty Woman", "a movie Pretty Woman smiling", "Woman"),
    ("words on a sign", "a sign that says LADIES NIGHT", "a sign that says ladies, night", "ladies"),
    ("words on a sign", "a sign reading BOYS ONLY", "a boy with a sign reading BOYS ONLY", "BOYS"),
    ("kin of animals", "puppies with their mother", "puppies with their mom", "mom"),
    ("kin of animals", "puppies with their mother", "puppies and a boy with their mother", "mother"),
    ("kin of animals", "a baby elephant behind its mother", "a baby behind its mother", "mother"),
    ("sex of animals", "two lions, the male yawning", "a dog jumps on the male", "male"),
    ("sex of animals", "a male and a female mallard", "a man and a female mallard", "man"),
    ("what animals have", "a tomcat guarding his alley", "a tomcat in his kitchen", "his"),
    ("what animals have", "a mother hen and her chicks", "a woman, a hen and her chicks", "her"),
    ("what animals have", "a cat licks her paw", "a cat licks her paw as she reads", "her"),
    ("what animals have", "a dog swims through a lake with a stick in his mouth", "a dog on her lap", "her"),
    ("what is named with it", "a ship and her anchor chain", "a ship and a house, her home", "her"),
    ("what is named with it", "a horse and his rider", "a woman, a horse and her rider", "her"),
    ("what is named with it", "a ship and her captain", "a ship and her husband", "her"),
    ("whom animals have", "a dog waiting for his owner", "a dog waiting for his wife", "his"),
    ("for whom it is", "boys shoes on a shelf", "a group of girls shoes off", "girls"),
    ("for whom it is", "girls umbrella, pink", "girls umbrellas up", "girls"),
    ("for whom it is", "kids cutlery set with dinosaurs", "kids set a table", "kids"),
    ("for whom it is", "girls birthday cake, pink", "girls made birthday cake, pink", "girls"),
    ("for whom it is", "mens shoes on a mat", "men threw shoes on a mat", "men"),
    ("for whom it is", "ladies night flyer, neon", "ladies at night, flyer", "ladies"),
    ("for whom it is", "ladies Japanese shoes", "two ladies, Japanese shoes", "ladies"),
    ("for whom it is", "women bikini set, product photo", "women in bikini, set of a film", "women"),
    ("what is sold for two", "a bride and groom cake topper", "a bride and groom cut a cake", "bride"),
    (
        "what is sold for two",
        "a mother and daughter necklace set",
        "a mother and daughter set a table",
        "mother",
    ),
    ("pieces", "a king and a queen on a chessboard", "a king and a queen on a throne", "king"),
    ("name of a plant", "a rose named Lady Emma", "Rose named Lady Emma", "Lady"),
    ("fittings", "female threaded coupling, brass", "female dressed in brass", "female"),
    ("rooms", "cozy scandinavian living room", "a Scandinavian living in a room", "Scandinavian"),
    ("plants", "a maiden grass border", "a maiden in grass", "maiden"),
    ("plants", "a lady orchid in bloom", "a lady, orchid, bloom", "lady"),
    ("plants", "an old man's beard lichen", "an old man's beard in the wind", "man"),
    ("furniture for one sex", "a lady desk", "a lady fan", "lady"),
    ("names of persons, small", "a king crab", "king henry on a throne", "king"),
    ("names of persons", "Queen Anne's lace", "Queen Anne at a desk", "Queen"),
    ("names of persons", "a Prince Rupert drop", "Prince Rupert on a horse", "Prince"),
    ("what a ship does", "a ship on her maiden voyage", "a captain on her maiden voyage", "her"),
]


@pytest.mark.parametrize(("rule", "nobody", "somebody", "mention"), PAIRS)
def test_nobody_and_somebody(rule: str, nobody: str, somebody: str, mention: str) -> None:
    engine = engine_for("default")
    found = engine.detect(nobody)
    assert (found.mentions, found.cues) == ((), ()), rule
    assert mention in [found.text for found in engine.detect(somebody).mentions], rule


@pytest.mark.parametrize(
    ("prompt", "cues"),
    [
        ("a woman at a kimono fabric shop", []),
        ("a woman in a kimono", ["kimono"]),
        ("a woman in a kimono garden", ["kimono"]),
        ("a girl and a kitten with long whiskers", []),
        ("a man with a cat with white whiskers", []),
        ("a man with white whiskers", ["whiskers"]),
        ("a boy draws whiskers on a cat", []),
        ("a woman by a beard of moss", []),
        ("a woman with a one-eyed teddy bear", []),
        ("a one-eyed man", ["one-eyed"]),
        ("a man raises a window blind", []),
        ("a man who is blind", ["blind"]),
        ("a woman slices a chicken breast", []),
        ("a child with a Mona Lisa fridge magnet", []),
        ("a child with a Maria Lopez fridge magnet", ["Maria Lopez"]),
        ("a Maria Lopez tea tin", ["Maria Lopez"]),
        ("a Taylor Swift mug", ["Taylor Swift"]),
        ("a woman at a Batman logo", []),
        ("a Shirley Temple mocktail", []),
        ("Shirley Temple in a red dress", ["Shirley Temple", "dress"]),
        ("a Bloody Mary cocktail", []),
        ("Mary, bloody, in a mirror", ["Mary"]),
        ("a Queen Elizabeth cocktail dress", ["Queen Elizabeth", "cocktail dress"]),
        ("a G.I. Joe jeep", []),
        ("brunette wig on a stand", []),
        ("a brunette wig on a woman", ["brunette"]),
        ("a Mona Lisa smile", ["Mona Lisa"]),
        ("woman, ginger, freckles", ["ginger"]),
        ("a ginger woman", ["ginger"]),
        ("a woman who is ginger", ["ginger"]),
        ("a woman chopping ginger", []),
        ("woman, tea, ginger, honey", []),
        ("a woman with a ginger cat", []),
    ],
)
def test_cues_of_somebody_and_of_something(prompt: str, cues: list[str]) -> None:
    assert [cue.text for cue in engine_for("default").detect(prompt).cues] == cues


@pytest.mark.parametrize(
    ("policy", "prompt", "n", "candidate"),
    [
        ("default", "a Cuban cigar roller", 6, "an Asian cigar roller"),
        ("default", "a Persian rug seller", 6, "a Black rug seller"),
        ("default", "a French horn player", 1, "a French horn player"),
        ("default", "a Cuban cigar on a table", 1, "a Cuban cigar on a table"),
        ("default", "a woman, latina, smiling", 12, "a man, Asian, smiling"),
        ("default", "a Latina woman", 12, "an Asian man"),
        ("default", "a Latina doctor", 12, "an Asian male doctor"),
        ("default", "a woman of German and Turkish descent", 12, "a man of Asian descent"),
        ("default", "a German and Turkish woman", 12, "an Asian man"),
        ("default", "woman, german and turkish, smiling", 12, "man, Asian, smiling"),
        ("strict", "a woman of German and Turkish descent", 27, "a person"),
        ("default", "she is an actress", 2, "he is an actor"),
        ("default", "a woman on a stage, she is an actress", 2, "a man on a stage, he is an actor"),
        ("inclusive", "she's a ballerina", 3, "they're a nonbinary ballet dancer"),
        ("inclusive", "she's been a waitress", 3, "they've been a nonbinary server"),
        ("default", "a woman aged 70 and two old men", 36, "a woman aged 70 and two old men"),
        ("default", "a woman aged 70 and 2 dogs", 6, "a man aged 25 and 2 dogs"),
        ("strict", "uncle Bob at a grill", 3, "A relative at a grill"),
        ("default", "old uncle Bob at a grill", 6, "A young aunt at a grill"),
    ],
)
def test_persons_that_were_missed_or_counted_twice(policy: str, prompt: str, n: int, candidate: str) -> None:
    found = engine_for(policy).candidates(prompt)
    assert (found.status, found.reason, found.n, found.k_eff) == ("ok", "", n, n)
    assert candidate in found.candidates


@pytest.mark.parametrize(
    ("prompt", "candidate"),
    [
        ("a Taylor Swift portrait", "a person portrait"),
        ("a Maria Lopez portrait photo", "a person portrait photo"),
        ("a Young Woman Fashion poster", "a Young Man Fashion poster"),
        ("Young Black Woman painting", "Young Black Man painting"),
        ("Happy Young Mother And Daughter book", "Happy Young Father And Son book"),
        ("a young woman cartoon sticker", "a young man cartoon sticker"),
        ("lords and ladies at a ball", "noblemen and gentlemen at a ball"),
        ("a Black woman in a Persian dress with her old dog", "an Asian man in an outfit with his old dog"),
    ],
)
def test_what_depicts_somebody_is_no_product(prompt: str, candidate: str) -> None:
    assert candidate in engine_for("default").candidates(prompt).candidates
