"""The whole promise in one line, with a model made here."""

from pathlib import Path

import pytest
from obclip_ner.tiny import make_tiny_model

from obclip_privacy.testing import check_plugin


def test_conformance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every check of the kit passes."""
    monkeypatch.setenv("OBCLIP_NER_MODEL", str(make_tiny_model(tmp_path)))
    check_plugin("obclip_ner.plugin")
