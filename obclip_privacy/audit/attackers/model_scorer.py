"""Log-likelihoods of texts under a local pretrained model, in batches.

Only local files are read, only safetensors or GGUF weights (plain data, nothing in them is executed), and no
code that a folder brings along is run. torch and transformers are imported when a model is loaded.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from obclip_privacy.errors import BadInputError

#: Rows of one forward pass.
BATCH = 32
#: Longer texts are cut to this many tokens, or to what the model takes.
MAX_TOKENS = 512

Kind = Literal["causal", "masked"]


class ModelScorer:
    """A model that gives log-likelihoods.

    Args:
        model: a causal or masked language model of ``transformers``, in evaluation mode.
        tokenizer: its tokenizer.
        kind: which of the two it is.

    Raises:
        BadInputError: the tokenizer lacks a token that scoring needs.
    """

    def __init__(self, model: Any, tokenizer: Any, kind: Kind) -> None:
        self._torch = importlib.import_module("torch")
        self._model = model
        self._tokenizer = tokenizer
        self.kind: Kind = kind
        if kind == "masked" and tokenizer.mask_token_id is None:
            raise BadInputError("--lm-model: the tokenizer of the masked model has no mask token")
        limit = getattr(model.config, "max_position_embeddings", None) or MAX_TOKENS
        # some families (RoBERTa) keep two positions for themselves
        self._limit = min(MAX_TOKENS, int(limit) - 2)

    def log_likelihoods(self, texts: Sequence[str]) -> list[float]:
        """One number of nats a text: the sum over its tokens, each given those before it or all others."""
        return self._causal(texts) if self.kind == "causal" else self._masked(texts)

    def _causal(self, texts: Sequence[str]) -> list[float]:
        start = self._tokenizer.bos_token_id
        if start is None:
            start = self._tokenizer.eos_token_id
        rows = []
        for text in texts:
            ids = self._tokenizer(text, add_special_tokens=False)["input_ids"][: self._limit]
            rows.append([start, *ids] if start is not None else list(ids))
        scores: list[float] = []
        for batch in _batches(rows):
            ids, mask = self._padded(batch)
            with self._torch.inference_mode():
                logits = self._model(input_ids=ids, attention_mask=mask).logits
            logs = logits[:, :-1].float().log_softmax(-1).gather(2, ids[:, 1:, None])[..., 0]
            scores += (logs * mask[:, 1:]).double().sum(1).tolist()
        return scores

    def _masked(self, texts: Sequence[str]) -> list[float]:
        """Pseudo-log-likelihood: each token in turn is masked and read off from all others."""
        rows: list[list[int]] = []
        wanted: list[tuple[int, int, int]] = []
        for number, text in enumerate(texts):
            encoded = self._tokenizer(
                text, truncation=True, max_length=self._limit, return_special_tokens_mask=True
            )
            ids = list(encoded["input_ids"])
            for place, special in enumerate(encoded["special_tokens_mask"]):
                if not special:
                    rows.append([*ids[:place], self._tokenizer.mask_token_id, *ids[place + 1 :]])
                    wanted.append((number, place, ids[place]))
        scores = [0.0] * len(texts)
        places = iter(wanted)
        for batch in _batches(rows):
            ids, mask = self._padded(batch)
            with self._torch.inference_mode():
                logits = self._model(input_ids=ids, attention_mask=mask).logits
            for row, (number, place, token) in zip(logits, places, strict=False):
                scores[number] += float(row[place].float().log_softmax(-1)[token])
        return scores

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[Any, Any]:
        """Token ids and attention mask ``[rows, longest]``, padded on the right, where it changes nothing."""
        longest = max(len(row) for row in rows)
        fill = self._tokenizer.pad_token_id or 0
        ids = [[*row, *[fill] * (longest - len(row))] for row in rows]
        mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
        return self._torch.tensor(ids), self._torch.tensor(mask)


def load_scorer(path: Path) -> ModelScorer:
    """The scorer of a model folder or of a ``.gguf`` file.

    Raises:
        BadInputError: it is neither, its weights are of another kind, or the libraries are missing.
    """
    transformers = _library("transformers", "obclip[gen]")
    if path.suffix.lower() == ".gguf" and path.is_file():
        for name in ("gguf", "accelerate"):
            _library(name, "obclip[gguf]")
        return _load(transformers, path.parent, "causal", gguf_file=path.name)
    if not (path / "config.json").is_file():
        raise BadInputError(f"{path}: neither a model folder with config.json nor a .gguf file")
    if not any(path.glob("*.safetensors")):
        raise BadInputError(f"{path}: no .safetensors weights; other formats can run code and are not read")
    with _errors(path):
        config = transformers.AutoConfig.from_pretrained(
            str(path), local_files_only=True, trust_remote_code=False
        )
    return _load(transformers, path, _kind(path, config.architectures or ()), use_safetensors=True)


def _kind(path: Path, architectures: Sequence[str]) -> Kind:
    if any(name.endswith("ForMaskedLM") for name in architectures):
        return "masked"
    if any(name.endswith(("ForCausalLM", "LMHeadModel")) for name in architectures):
        return "causal"
    raise BadInputError(f"{path}: neither a causal nor a masked language model")


def _load(transformers: Any, folder: Path, kind: Kind, **weights: Any) -> ModelScorer:
    loader = transformers.AutoModelForCausalLM if kind == "causal" else transformers.AutoModelForMaskedLM
    place = {key: value for key, value in weights.items() if key == "gguf_file"}
    common = {"local_files_only": True, "trust_remote_code": False}
    with _errors(folder):
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **common, **place)
        model = loader.from_pretrained(str(folder), **common, **weights)
    return ModelScorer(model.eval(), tokenizer, kind)


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """What the libraries raise on a broken folder, as one message; their own notes stay unsaid."""
    broken = importlib.import_module("safetensors").SafetensorError
    level = logging.getLogger("transformers").level
    logging.getLogger("transformers").setLevel(logging.ERROR)
    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, broken) as error:
        first = str(error).strip().partition("\n")[0][:200]
        raise BadInputError(f"{path}: the model cannot be loaded: {first}") from None
    finally:
        logging.getLogger("transformers").setLevel(level)


def _library(name: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise BadInputError(f"--lm-model needs {name}; try: pip install '{extra}'") from None


def _batches(rows: Sequence[list[int]]) -> Iterator[Sequence[list[int]]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
