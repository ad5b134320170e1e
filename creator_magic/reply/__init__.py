"""From a model's text to tool and decision code, or to a sentence on why it cannot be read."""

from creator_magic.reply.reading import ReplyCode, Unusable, read_reply
from creator_magic.reply.whole_cell import WholeCell, read_cell

__all__ = ["ReplyCode", "Unusable", "WholeCell", "read_cell", "read_reply"]
