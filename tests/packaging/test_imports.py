"""obclip_privacy stands without torch, and without whatever brings torch."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

FORBIDDEN = ("torch", "diffusers", "transformers", "torchvision", "safetensors", "obclip_gen")

PROGRAM = """
import importlib, json, pkgutil, sys
import obclip_privacy
names = [m.name for m in pkgutil.walk_packages(obclip_privacy.__path__, "obclip_privacy.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(json.dumps({"imported": names, "loaded": sorted({n.partition(".")[0] for n in sys.modules})}))
"""


def test_importing_all_of_obclip_privacy_brings_in_no_torch(root: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300, check=True
    )
    found = json.loads(result.stdout)
    assert len(found["imported"]) > 20
    assert not set(FORBIDDEN) & set(found["loaded"])


def test_it_works_where_torch_cannot_be_imported(root: Path) -> None:
    """Not even a lazy import inside a function: candidates are made with those packages made unimportable."""
    program = f"""
import sys
for name in {FORBIDDEN!r}:
    sys.modules[name] = None
from obclip_privacy.cli.main import main
sys.exit(main(["candidates", "an emoji of a Black woman firefighter", "--format", "json"]))
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)


def test_no_file_of_obclip_privacy_names_obclip_gen_in_an_import(root: Path) -> None:
    """Imports point one way."""
    package = root / "obclip_privacy"
    offenders = [
        str(file.relative_to(root))
        for file in package.rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith(("import obclip_gen", "from obclip_gen"))
    ]
    assert offenders == []


def test_every_package_is_a_regular_package(root: Path) -> None:
    """A folder without __init__.py would be left out of tools that look for packages."""
    for name in ("obclip_privacy", "obclip_gen"):
        folders = {file.parent for file in (root / name).rglob("*.py")}
        assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []
        assert list(pkgutil.iter_modules([str(root / name)]))
