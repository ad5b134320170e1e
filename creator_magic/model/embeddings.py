"""Embeddings from an OpenAI-compatible endpoint: texts to vectors, many texts a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creator_magic.errors import ModelError
from creator_magic.model.endpoint import ChatModel
from creator_magic.model.faults import CHECK_URL, cleaned, explain

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH = 64
"""Texts a call."""


class EmbeddingModel(ChatModel):
    """An embedding model at an endpoint; made like a `ChatModel`."""

    @property
    def name(self) -> str:
        """The model's name."""
        return self._target.model

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text.

        Parameters
        ----------
        texts : sequence of str
            What is embedded; sent in batches.

        Returns
        -------
        list of list of float
            Each of the model's dimension.

        Raises
        ------
        ModelError
            If the endpoint gives none.
        """
        vectors: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            vectors += self._batch([text.encode("utf-8", "replace").decode() for text in batch])
        return vectors

    def _batch(self, texts: list[str]) -> list[list[float]]:
        try:
            reply: Any = self._connect().post(
                "/embeddings",
                body={"model": self._target.model, "input": texts},
                cast_to=object,
                options={"follow_redirects": False},
            )
        except Exception as error:  # noqa: BLE001 - whatever the client raises means that the call failed
            raise ModelError(explain(error, self._target)) from cleaned(error, self._target.key)
        try:
            by_index = sorted(reply["data"], key=lambda item: int(item["index"]))
            vectors = [[float(number) for number in item["embedding"]] for item in by_index]
        except (TypeError, KeyError, ValueError) as error:
            raise ModelError(f"{self._target.host} gave no embeddings. {CHECK_URL}.") from error
        if len(vectors) != len(texts) or not all(vectors):
            raise ModelError(f"{self._target.host} gave {len(vectors)} embeddings for {len(texts)} texts.")
        return vectors
