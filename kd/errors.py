"""The one exception that is the user's to mend."""


class UserError(Exception):
    """Something in the user's input or surroundings stands in the way.

    message: one line: what is wrong and where (file and row, or parameter).
    hint: one line: what to do about it; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type["UserError"], tuple[str, str], dict[str, object]]:
        return type(self), (self.message, self.hint), self.__dict__


def did_you_mean(word: str, known: list[str] | tuple[str, ...]) -> str:
    """`did you mean 'x'?`, or an empty string where nothing is near."""
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]!r}?" if near else ""
