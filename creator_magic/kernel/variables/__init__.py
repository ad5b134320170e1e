"""What a model is told about the user's variables: types, shapes, dtypes, names; no values.

`stated.py` describes those that a person names, each library's own in a file of its own, and
`budget.py` fits all of them into one budget. To describe a variable runs none of the user's code and
changes nothing: objects are looked at through their types, and no query goes to a server.
"""

from __future__ import annotations

from creator_magic.kernel.variables.form import type_name
from creator_magic.kernel.variables.functions import signature_without_defaults
from creator_magic.kernel.variables.stated import describe
from creator_magic.kernel.variables.unstated import unstated

__all__ = ["describe", "signature_without_defaults", "type_name", "unstated"]
