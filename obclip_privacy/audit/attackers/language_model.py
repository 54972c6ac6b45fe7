"""Neural language model: ranks the candidates by how likely a pretrained model finds them.

``--lm-model`` takes a folder in the layout of ``transformers`` (a causal model, or a masked one, whose
pseudo-log-likelihood stands in for the likelihood), or a ``.gguf`` file. A candidate's score is its
log-likelihood: with equal priors the likeliest candidate is the best guess. What it finds in a closed set
is the prior of the words, which no set can hide. Sources: Salazar et al., "Masked Language Model Scoring",
ACL 2020, for the masked models; Jelinek 1990 for ranking by likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.audit.attackers.base import JOINT, Attack, Attacker, Guess, Setting
from obclip_privacy.audit.observation import Observation


def _prepare(setting: Setting) -> Attack | None:
    path = setting.files.get("lm_model")
    if path is None:
        return None
    # torch and transformers are loaded only when a model is
    from obclip_privacy.audit.attackers.model_scorer import load_scorer

    scorer = load_scorer(path)

    def attack(seen: Observation) -> Sequence[Guess]:
        if seen.n < 2 or len(seen.candidates) != seen.n:
            return ()
        # another batch is another order of additions: what differs by less than this is equal
        scores = tuple(round(score, 4) for score in scorer.log_likelihoods(seen.candidates))
        return (Guess(JOINT, scores, f"likelihood under a {scorer.kind} language model"),)

    return attack


LANGUAGE_MODEL = Attacker(
    "language_model",
    "ranks the candidates by the causal or masked language model of --lm-model",
    _prepare,
    needs="lm_model",
    hideable=False,
    slow=True,
)
