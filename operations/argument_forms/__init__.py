"""Forms for the arguments of an action, made from its JSON Schema. Types are kept: what is shown reads back as it was.

`building` makes the fields of a schema and of the arguments as they are; `fields` takes what was typed and gives the
values; `changes` tells what is otherwise.
"""

from operations.argument_forms.building import step_fields
from operations.argument_forms.changes import Change, changes
from operations.argument_forms.fields import ABSENT, Field

__all__ = ["ABSENT", "Change", "Field", "changes", "step_fields"]
