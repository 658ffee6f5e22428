"""The one error that people see."""


class HackError(Exception):
    """A sentence that says what is wrong and what to do about it; shown without a stack trace."""
