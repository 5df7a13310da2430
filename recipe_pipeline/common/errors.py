"""The one exception that users are meant to see."""


class PipelineError(Exception):
    """Something the user can fix.

    The message is one sentence that names what is wrong and what to do about it;
    ``cli.run`` prints it on stderr and exits with ``exit_code``.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or its type if it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
