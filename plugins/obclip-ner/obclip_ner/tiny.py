"""A token-classification model of a few kilobytes, for tests: it knows the names that it is made with.

It is a real BERT with WordPiece subwords and no layers: the embedding of a subword tells its label, and the
classifier reads it off. So what it finds is known, while everything around it runs as with any other model.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

#: Names, and the label of each word. The last letter of every word is a subword of its own.
WORDS: Mapping[str, str] = {
    **dict.fromkeys(("wanjiru", "tamsin", "bohdan", "ikaika", "ngozi", "sione"), "B-PER"),
    **dict.fromkeys(("kamau", "kahale", "kovalenko"), "I-PER"),
    **dict.fromkeys(("lodz", "timbuktu", "oaxaca", "cluj"), "B-LOC"),
    **dict.fromkeys(("zorblatt", "quuxair"), "B-ORG"),
}
LABELS = ("O", "B-PER", "I-PER", "B-LOC", "B-ORG")


def make_tiny_model(folder: Path, words: Mapping[str, str] = WORDS, window: int = 128) -> Path:
    """Write the model into *folder*, weights as safetensors.

    Args:
        folder: is made if it does not exist.
        words: one of :data:`LABELS` by word in lower case.
        window: tokens that the model takes at once.

    Returns:
        *folder*.
    """
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    vocab = [*special, *letters, *(f"##{letter}" for letter in letters)]
    vocab += [word[:-1] for word in words]
    ids = {piece: index for index, piece in enumerate(vocab)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",  # noqa: S106
        unk_token="[UNK]",  # noqa: S106
        cls_token="[CLS]",  # noqa: S106
        sep_token="[SEP]",  # noqa: S106
        model_max_length=window,
    )
    config = BertConfig(
        vocab_size=len(vocab),
        hidden_size=8,
        num_hidden_layers=0,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=window,
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
    )
    model = BertForTokenClassification(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        embeddings = model.bert.embeddings
        embeddings.LayerNorm.weight.fill_(1)
        embeddings.word_embeddings.weight[:, 0] = 1
        for word, label in words.items():
            embeddings.word_embeddings.weight[ids[word[:-1]]] = 0
            embeddings.word_embeddings.weight[ids[word[:-1]], LABELS.index(label)] = 1
        model.classifier.weight.copy_(torch.eye(len(LABELS), 8))
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder, safe_serialization=True)
    fast.save_pretrained(folder)
    return folder
