"""The one exception that is the user's to mend."""

import errno


class UserError(Exception):
    """Something in the user's input or surroundings stands in the way.

    message: one line: what is wrong and where (file and row, or parameter).
    hint: one line: what to do about it; may be empty.
    code: with which a process ends that cannot go on for it.
    """

    code = 2

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


NO_MEMORY = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "Cannot allocate memory",
    "bad_alloc",
    "can't start new thread",
)


def out_of_memory(error: BaseException) -> UserError | None:
    """What to say where memory ran out, the machine's or an accelerator's; None for anything else."""
    text = str(error)
    if isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError | OSError) and any(s in text for s in NO_MEMORY)
    ):
        return UserError(
            "memory ran out", "give fewer workers, a smaller batch or shorter clips; the same command goes on from here"
        )
    return None


def surroundings(error: OSError) -> UserError | None:
    """What the disk says, not the program: a full disk, a read-only place, a missing right; None for anything else."""
    where = f": {str(error.filename)[:200]}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left on device" in str(error):
        return UserError(f"the disk is full{where}", "free some space and run the same command again; nothing is lost")
    if error.errno == errno.EROFS:
        return UserError(f"the file system is read-only{where}", "name another place")
    if error.errno in (errno.EACCES, errno.EPERM):
        return UserError(f"no right to write or read{where}", "check the owner and rights, or name another place")
    if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
        return UserError(f"a file stands where a folder is needed, or a folder where a file is{where}", "name another")
    if error.errno == errno.ENAMETOOLONG:
        return UserError(f"a name is too long{where}", "check the parameters and the tables for a broken name")
    return None
