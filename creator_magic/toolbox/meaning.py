"""Search by embeddings, fused with the search by terms; off unless an embedding model is set.

Vectors are kept beside the tools, by model. The two rankings are fused by reciprocal rank (Cormack,
Clarke and Büttcher, SIGIR 2009), which needs no common scale of scores.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Protocol

from creator_magic.errors import ModelError
from creator_magic.toolbox.search import Hit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from creator_magic.toolbox.store import ToolStore

_RANK = 60.0
_MOST_NEW = 256
"""Tools that are embedded at most before one search; the others follow with later ones."""

_MISSING = """
    SELECT tools.revision, r.problem, r.signature, r.docstring
    FROM tools JOIN tool_revisions AS r ON r.id = tools.revision
    LEFT JOIN tool_embeddings AS e ON e.model = ? AND e.revision = tools.revision
    WHERE tools.forgotten IS NULL AND e.revision IS NULL ORDER BY tools.revision LIMIT ?
"""
_KNOWN = """
    SELECT tools.name, e.revision, e.vector FROM tool_embeddings AS e
    JOIN tools ON tools.revision = e.revision WHERE e.model = ? AND tools.forgotten IS NULL
"""


class Embedder(Protocol):
    """Whatever turns texts into vectors."""

    @property
    def name(self) -> str:
        """The model's name; vectors of different models do not mix."""
        ...

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text.

        Raises
        ------
        ModelError
            If there is none to be had.
        """
        ...


class Meaning:
    """Ranks tools by the likeness of their embeddings to a text's.

    Parameters
    ----------
    embedder : Embedder
        Asked once for each tool, and once for each search.

    Attributes
    ----------
    notice : str
        Why the last search went by terms alone; empty if it did not.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.notice = ""

    def fused(
        self, text: str, hits: Sequence[tuple[str, Hit]], stores: Mapping[str, ToolStore], most: int
    ) -> list[tuple[str, Hit]]:
        """Return what the search by terms found and what is alike in meaning, best first.

        Parameters
        ----------
        text : str
            What is looked for.
        hits : sequence of (str, Hit)
            What the search by terms found, best first, with the place of each.
        stores : mapping of str to ToolStore
            The toolboxes by place; of one that may not be written, only vectors that it has count.
        most : int
            How many tools the search by meaning adds at most.
        """
        self.notice = ""
        try:
            for store in stores.values():
                if not store.read_only:
                    self._embed_new(store)
            wanted = _unit(self._embedder.embed([text])[0])
        except ModelError as error:
            self.notice = f"The tools were searched by terms alone: {error.message}"
            return list(hits)
        alike = [
            (likeness, place, hit)
            for place, store in stores.items()
            for likeness, hit in self._likenesses(store, wanted)
        ]
        alike.sort(key=lambda each: -each[0])
        found: dict[tuple[str, str], Hit] = {}
        scores: dict[tuple[str, str], float] = {}
        for ranking in (hits, [(place, hit) for _, place, hit in alike[:most]]):
            for rank, (place, hit) in enumerate(ranking, 1):
                key = (place, hit.name)
                found.setdefault(key, hit)
                scores[key] = scores.get(key, 0.0) + 1.0 / (_RANK + rank)
        return [(key[0], found[key]) for key in sorted(scores, key=lambda key: -scores[key])]

    def _embed_new(self, store: ToolStore) -> None:
        with store.reading() as connection:
            if connection is None:
                return
            missing = connection.execute(_MISSING, (self._embedder.name, _MOST_NEW)).fetchall()
        if not missing:
            return
        vectors = self._embedder.embed(["\n".join(texts) for _, *texts in missing])
        rows = [
            (self._embedder.name, revision, _unit(vector).tobytes())
            for (revision, *_), vector in zip(missing, vectors, strict=True)
        ]
        with store.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO tool_embeddings VALUES (?, ?, ?)", rows)

    def _likenesses(self, store: ToolStore, wanted: array[float]) -> Iterable[tuple[float, Hit]]:
        with store.reading() as connection:
            rows = [] if connection is None else connection.execute(_KNOWN, (self._embedder.name,)).fetchall()
        rows = [row for row in rows if len(row[2]) == len(wanted) * wanted.itemsize]
        products = _products([vector for *_, vector in rows], wanted)
        for likeness, (name, revision, _) in zip(products, rows, strict=True):
            yield likeness, Hit(name, revision, likeness)


def _unit(vector: Sequence[float]) -> array[float]:
    length = math.sqrt(sum(number * number for number in vector)) or 1.0
    return array("f", [number / length for number in vector])


def _products(vectors: Sequence[bytes], wanted: array[float]) -> list[float]:
    """Return the product of each vector with `wanted`; with NumPy, where it is there, in one step."""
    try:
        import numpy as np
    except ImportError:
        return [sum(a * b for a, b in zip(array("f", vector), wanted, strict=True)) for vector in vectors]
    table = np.frombuffer(b"".join(vectors), dtype=np.float32).reshape(len(vectors), len(wanted))
    return [float(product) for product in table @ np.array(wanted, dtype=np.float32)]
