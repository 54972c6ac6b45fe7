"""What each figure is, in plain words, with its direction and what to hold it against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Described:
    """A figure for people.

    Attributes:
        name: as in the JSON report.
        title: what it is.
        better: ``higher`` or ``lower``.
        against: what to compare it with.
        plot: what it is of one entry, where it is plotted.
    """

    name: str
    title: str
    better: str
    against: str
    plot: str = ""


FIGURES: tuple[Described, ...] = (
    Described(
        "n",
        "people it could be: size of the smallest anonymity set",
        "higher",
        "the product of the domains",
        "people it could be",
    ),
    Described(
        "n_sent",
        "prompts sent at once, at most",
        "lower",
        "1, which needs no candidates",
        "prompts sent at once",
    ),
    Described(
        "k_eff",
        "members that survive the re-run attack, in the worst set",
        "higher",
        "n",
        "people it could still be after an attack",
    ),
    Described("closure", "prompts whose set depends on who is real", "lower", "0"),
    Described(
        "posterior",
        "best guess at everything, in the worst set, under the stated prior",
        "lower",
        "1/n",
        "how often the best guess at the whole person is right",
    ),
    Described("posterior_uniform", "the same under a uniform prior", "lower", "1/n"),
    Described(
        "posterior_worst_attribute",
        "best guess at one attribute",
        "lower",
        "1 / number of its values",
        "how often the best guess at one attribute is right",
    ),
    Described(
        "prior_vulnerability", "best guess before anything is sent, under the stated prior", "lower", "1/n"
    ),
    Described("leakage_bits", "min-entropy leakage, in bits", "lower", "0"),
    Described("capacity_bits", "multiplicative Bayes capacity, in bits", "lower", "0"),
    Described("mutual_information_bits", "Shannon mutual information, in bits", "lower", "0"),
    Described("mutual_information_uniform_bits", "the same under a uniform prior", "lower", "0"),
    Described("guessing_entropy", "guesses that the best guesser needs", "higher", "prior_guessing_entropy"),
    Described("guessing_entropy_uniform", "the same under a uniform prior", "higher", "(n + 1) / 2"),
    Described("prior_guessing_entropy", "guesses needed before anything is sent", "higher", "(n + 1) / 2"),
    Described("l_diversity", "distinct values that remain possible", "higher", "size of the domain"),
    Described("t_closeness", "distance of the values in a set from their domain", "lower", "0"),
    Described("odd_one_out", "sets whose real member stands out by its form", "lower", "0"),
    Described("contradiction", "sets with members that contradict themselves", "lower", "0"),
    Described("uneven", "sets whose members differ in form, not in favour of the real one", "lower", "0"),
    Described("unhidden", "values sent with nothing beside them", "lower", "0"),
    Described(
        "visible", "values visible by design (outside the domain, minors, classes of words)", "lower", "0"
    ),
    Described("cues", "cues that are sent", "lower", "0"),
    Described("cues_withheld", "cues that are withheld", "higher", "all cues"),
    Described("edit_distance", "characters changed of what was typed, at most", "lower", "0"),
    Described(
        "outside_changed",
        "words outside mentions and withheld spans that were lost, at most",
        "lower",
        "0",
    ),
    Described("bytes", "bytes of the largest set", "lower", "the prompt's own"),
    Described(
        "macs",
        "multiply-accumulates of the largest set (T: 10^12; rule: docs/audit.md)",
        "lower",
        "one candidate",
    ),
)
