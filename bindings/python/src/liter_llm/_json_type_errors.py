"""What is raised by what makes JSON schemas of types, and reads values by them. Callers make an
error for the user of it."""


class ValueMismatchError(ValueError):
    """Its text is a line for each fault: where in the value, what was expected."""


class TypeWithoutJsonError(TypeError):
    """A type that has no JSON; its text says which, and why."""
