"""A token-classification model as a function from a text to cues.

The model is read from a local folder, its weights as safetensors only (a pickled file can run code). Long
texts are cut into overlapping windows that go through the model in one batch. Offsets are those of the
tokenizer's own character map, so they hold whatever the tokenizer does to the text.

A model may read a word differently beside another (``Paris`` beside ``woman`` and beside ``man``). Such a
finding depends on the value; the closure check then refuses the prompt, and nothing is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obclip_ner.labels import Meaning
from obclip_privacy.attributes.base import CueFinding
from obclip_privacy.errors import PluginError

if TYPE_CHECKING:
    import numpy as np

#: Windows overlap by so many tokens; an entity longer than this may be cut where windows meet.
STRIDE = 32
#: No window is longer than this, whatever the model could take.
MAX_WINDOW = 512
#: Windows a batch.
BATCH = 8


@dataclass(frozen=True)
class Recogniser:
    """Finds the entities that a model labels. Pure: no state but the weights.

    Attributes:
        tokenizer: with character offsets.
        model: the model, in evaluation mode.
        window: tokens that it takes at once.
        wanted: ids of the labels that have a meaning, int64 ``[n]``.
        meanings: by label without its prefix, in capitals.
    """

    tokenizer: Any
    model: Any
    window: int
    wanted: Any
    meanings: Mapping[str, Meaning]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of cue that it may report."""
        return tuple(sorted({meaning.kind for meaning in self.meanings.values()}))

    def __call__(self, text: str) -> Sequence[CueFinding]:
        """The cues in a folded text, in text order."""
        labelled: dict[tuple[int, int], str] = {}
        for offsets, labels in self._windows(text):
            for span, label in zip(offsets, labels, strict=True):
                # where windows overlap the first one has more to the left, the second more to the right
                if label != "O" or span not in labelled:
                    labelled[span] = label
        return tuple(self._cues(text, sorted(labelled.items())))

    def _windows(self, text: str) -> Iterator[tuple[list[tuple[int, int]], list[str]]]:
        """Spans and labels of the tokens of each window; special tokens and padding are left out."""
        import torch

        encoded = self.tokenizer(
            text,
            return_offsets_mapping=True,
            return_overflowing_tokens=True,
            truncation=True,
            max_length=self.window,
            stride=min(STRIDE, self.window // 4),
            padding=True,
            return_tensors="pt",
        )
        offsets = encoded["offset_mapping"].numpy()
        inputs = {key: encoded[key] for key in ("input_ids", "attention_mask")}
        for first in range(0, len(offsets), BATCH):
            batch = {key: value[first : first + BATCH] for key, value in inputs.items()}
            with torch.inference_mode():
                best = self.model(**batch).logits.argmax(-1)
            told = torch.isin(best, self.wanted).any(-1).tolist()
            for row, spans, any_told in zip(best.numpy(), offsets[first : first + BATCH], told, strict=True):
                if any_told:
                    yield self._row(row, spans)

    def _row(self, row: np.ndarray, spans: np.ndarray) -> tuple[list[tuple[int, int]], list[str]]:
        names = self.model.config.id2label
        kept = [
            (int(start), int(end), names[int(best)]) for best, (start, end) in zip(row, spans, strict=True)
        ]
        kept = [entry for entry in kept if entry[0] < entry[1]]
        return [(start, end) for start, end, _ in kept], [label for _, _, label in kept]

    def _cues(self, text: str, tokens: Sequence[tuple[tuple[int, int], str]]) -> Iterator[CueFinding]:
        start = end = 0
        meaning: Meaning | None = None
        for (first, last), label in (*tokens, ((len(text), len(text)), "O")):
            prefix, entity = _split(label)
            # the pieces of a word have the label of its first piece
            inside = (
                first == end and first > 0 and text[first - 1].isalnum() and text[first : first + 1].isalnum()
            )
            found = self.meanings.get(entity)
            goes_on = found is not None and found == meaning and prefix not in ("B", "S", "U")
            if meaning is not None and (inside or (goes_on and not text[end:first].strip())):
                end = last
                continue
            if meaning is not None:
                yield from _cue(text, start, end, meaning)
            start, end, meaning = first, last, found
        if meaning is not None:
            yield from _cue(text, start, end, meaning)


def load_recogniser(folder: str, meanings: Mapping[str, Meaning], where: str) -> Recogniser:
    """The recogniser of the model in *folder*; *where* is what named it, for messages.

    Raises:
        PluginError: it cannot be loaded, is another kind of model, has no fast tokenizer, or none of its
            labels has a meaning.
    """
    here = f"{where}={folder}"
    path = Path(folder)
    _check_files(path, here)
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True, trust_remote_code=False)
        model = AutoModelForTokenClassification.from_pretrained(
            path, local_files_only=True, trust_remote_code=False, use_safetensors=True
        )
    except (OSError, ValueError, KeyError) as error:
        raise PluginError(f"{here}: the model cannot be loaded: {type(error).__name__}: {error}") from error
    finally:
        if shown:
            logging.enable_progress_bar()
    if not tokenizer.is_fast:
        raise PluginError(f"{here}: its tokenizer has no character offsets; use a fast one (tokenizer.json)")
    known = {_split(label)[1] for label in model.config.id2label.values()}
    if not known & set(meanings):
        raise PluginError(
            f"{here}: none of its labels has a meaning; it has {', '.join(sorted(known))}: say what they "
            "mean with OBCLIP_NER_LABELS"
        )
    longest = min(MAX_WINDOW, int(getattr(model.config, "max_position_embeddings", MAX_WINDOW)))
    window = min(longest, int(tokenizer.model_max_length))
    used = {label: meaning for label, meaning in meanings.items() if label in known}
    wanted = torch.tensor(
        [index for index, label in model.config.id2label.items() if _split(label)[1] in used]
    )
    return Recogniser(tokenizer, model.eval(), window, wanted, used)


def _check_files(path: Path, here: str) -> None:
    if not path.is_dir():
        raise PluginError(f"{here}: there is no such folder; give the folder of a local model")
    if not any(path.glob("*.safetensors")):
        raise PluginError(
            f"{here}: it has no weights as safetensors; a pickled file can run code, convert it"
        )
    try:
        config = json.loads((path / "config.json").read_text("utf-8"))
        names = config["architectures"]
    except (OSError, ValueError, KeyError, TypeError):
        raise PluginError(f"{here}: it has no config.json that names an architecture") from None
    if not any(str(name).endswith("ForTokenClassification") for name in names):
        raise PluginError(f"{here}: it is no token-classification model: {', '.join(map(str, names))}")


def _split(label: str) -> tuple[str, str]:
    """The prefix of a label (``B``, ``I``, ..., ``""``) and the label without it, in capitals."""
    prefix, dash, rest = label.partition("-")
    if dash and len(prefix) == 1:
        return prefix.upper(), rest.upper()
    return "", label.upper()


def _cue(text: str, start: int, end: int, meaning: Meaning) -> Iterator[CueFinding]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        reason = f"a {meaning.kind} that a model recognised"
        yield CueFinding(start, end, "identity", meaning.kind, reason, meaning.generic, meaning.alone)
