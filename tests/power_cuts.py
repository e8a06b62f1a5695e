"""A process that ends at a chosen call of the store."""

from collections.abc import Callable
from typing import Any


class PowerCut(BaseException):
    """The process ends here."""


class Failing:
    """A client whose process ends before its n-th call that is named in `calls`, or before any where that is empty."""

    def __init__(self, client: Any, left: int, *calls: str) -> None:
        self.client, self.left, self.calls = client, left, calls

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.client, name)
        return self._counted(call) if not self.calls or name in self.calls else call

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            if self.left == 0:
                raise PowerCut
            self.left -= 1
            return call(*arguments, **named)

        return counted
