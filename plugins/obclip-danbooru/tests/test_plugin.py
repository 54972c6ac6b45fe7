"""The whole promise in one line."""

from obclip_privacy.testing import check_plugin


def test_conformance() -> None:
    """Every check of the kit passes."""
    check_plugin("obclip_danbooru.plugin")
