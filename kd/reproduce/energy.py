"""The energy that a run takes, where it is asked for."""

from types import TracebackType
from typing import Any, Self

from kd.errors import UserError


class Energy:
    """Measures from entering to leaving by codecarbon; `kilowatt_hours`: None where it is not asked for."""

    def __init__(self, wanted: bool) -> None:
        self.kilowatt_hours: float | None = None
        self.tracker: Any = _tracker() if wanted else None

    def __enter__(self) -> Self:
        if self.tracker is not None:
            self.tracker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.tracker is not None:
            self.tracker.stop()
            self.kilowatt_hours = float(self.tracker.final_emissions_data.energy_consumed)


def _tracker() -> Any:
    try:
        from codecarbon import OfflineEmissionsTracker
    except ImportError:
        raise UserError("energy=true needs codecarbon", "install it: pip install 'kd-sed[energy]'") from None
    return OfflineEmissionsTracker(country_iso_code="USA", save_to_file=False, log_level="error")
