"""What the commands share: exit codes, errors in a line, and how a cassette is used."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from creator_magic.errors import CreatorError

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130


class CassetteMode(StrEnum):
    """How a cassette is used; as the setting `cassette_mode`."""

    REPLAY = "replay"
    AUTO = "auto"
    RECORD = "record"
    OFF = "off"


class Engine(StrEnum):
    """Where work is done; as `creator_magic.engines.opening.Engine`."""

    LOCAL = "local"
    DASK = "dask"


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Show an error of ours as its message, and end with the exit code for what cannot be used."""
    try:
        yield
    except CreatorError as error:
        say(error.message)
        raise typer.Exit(UNUSABLE) from error


def say(message: str) -> None:
    """Say something beside the results."""
    typer.echo(f"creator-magic: {message}", err=True)
