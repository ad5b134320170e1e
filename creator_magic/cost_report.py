"""What `%creator cost` says: what was spent by cell, notebook, project and day, and on which models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.accounts import today
from creator_magic.errors import StoreError
from creator_magic.model.money import money_for
from creator_magic.spending import Ledger

if TYPE_CHECKING:
    from creator_magic.model.money import Prices
    from creator_magic.session import Session
    from creator_magic.spending import Spent


def cost_text(session: Session) -> str:
    """Return what the session, its notebook and its project have spent."""
    accounts, prices, notebook = session.accounts, session.settings.prices, session.notebook
    parts = [
        _part("This cell (the last magic cell)", accounts.solve, prices),
        _part("This session", accounts.session, prices),
    ]
    try:
        parts += [
            _part(f"This notebook ({notebook})", accounts.spent(notebook=notebook), prices),
            _part(f"This project ({session.project.name})", accounts.spent(), prices),
            _part(f"Today, in this project ({today()})", accounts.spent(day=today()), prices),
        ]
    except StoreError as error:
        parts.append(f"What earlier sessions spent is not known: {error.message}")
    if not prices:
        parts.append(
            "For money, set your prices per million tokens: "
            "%config CreatorMagic.prices = {'MODEL': {'input': 1.0, 'output': 4.0}}"
        )
    return "\n".join(parts)


def spent_text(spent: Spent) -> str:
    """Return counts in words."""
    usage = spent.usage
    said = []
    if usage.calls:
        said += [
            f"{usage.calls:,} {'call' if usage.calls == 1 else 'calls'}",
            f"{usage.prompt_tokens:,} tokens in ({usage.cached_tokens:,} cached)",
            f"{usage.completion_tokens:,} out ({usage.reasoning_tokens:,} reasoning)",
            f"{spent.seconds:,.1f} s of waiting",
        ]
    if spent.broken_off:
        said.append(f"{spent.broken_off:,} broken off, tokens unknown")
    if spent.uncounted:
        said.append(f"{spent.uncounted:,} whose tokens the endpoint did not count")
    if spent.replayed:
        said.append(f"{spent.replayed:,} replayed {'reply' if spent.replayed == 1 else 'replies'}")
    return " · ".join(said) or "nothing"


def _part(title: str, ledger: Ledger, prices: Prices) -> str:
    if not ledger:
        return f"{title}: nothing"
    lines = [
        f"  {model or 'no model'}: {_with_money(spent, Ledger({model: spent}), prices)}"
        for model, spent in ledger.by_model.items()
    ]
    if len(lines) > 1:
        lines.append(f"  together: {_with_money(ledger.total, ledger, prices)}")
    return "\n".join([f"{title}:", *lines])


def _with_money(spent: Spent, ledger: Ledger, prices: Prices) -> str:
    money = money_for(ledger, prices) if spent.usage.calls else None
    if money is None:
        return spent_text(spent)
    if money.unpriced == tuple(ledger.by_model):
        return f"{spent_text(spent)} · no price set"
    return f"{spent_text(spent)} · cost: {money}"
