"""From a model's text to tool and decision code, or to a sentence on why it cannot be read."""

from creator_magic.reply.reading import ReplyCode, Unusable, read_reply

__all__ = ["ReplyCode", "Unusable", "read_reply"]
