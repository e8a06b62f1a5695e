"""The page of deviations says what the docstrings say."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_page_is_that_of_the_docstrings() -> None:
    spec = importlib.util.spec_from_file_location("deviations", ROOT / "docs" / "deviations.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "deviations.md").read_text() == module.page(), "run python docs/deviations.py"
    assert module.page().count("\n- ") >= 25
    said = list(module.deviations('def f():\n    """One.\n\n    Source: x. Deviation: of\n    two lines.\n    """\n'))
    assert said == [(".f", "of two lines.")]
