"""Options of pandas and polars."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.process_state.interpreter import settings
from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from creator_magic.kernel.process_state.saver import Restore


@saver("pandas' options", needs="pandas")
def pandas_options() -> Restore:
    """Save every option that is registered."""
    pd: Any = sys.modules["pandas"]

    def values() -> dict[str, Any]:
        # Asking for each by its name takes longer, and warns for some.
        return dict(_leaves(vars(pd.options)["d"], ""))

    before = values()

    def restore() -> None:
        now = values()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, value in before.items():
                if name in now and now[name] is not value:
                    pd.set_option(name, value)

    return restore


def _leaves(tree: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}{name}.")
        else:
            yield path + name, value


@saver("polars' options", needs="polars")
def polars_options() -> Restore:
    """Save what `polars.Config` sets."""
    config = sys.modules["polars"].Config
    return settings((config.save, config.load))
