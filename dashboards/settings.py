"""Parameters of `report` and `dashboard`."""

from dataclasses import dataclass

from kd.config import option


@dataclass(frozen=True)
class ReportSettings:
    """Parameters of `report`."""

    run: str = option("", help="iterate run whose report is built again; empty, and no runs=: the newest")
    runs: str = option(
        "", help="runs to put side by side, comma-separated, the first being what others are compared with"
    )
    data: str = option("", help="corpus folder, for runs other than those of iterate")
    split: str = option("", help="strongly labelled split that runs are compared on; empty: the reported one")
    out: str = option("", help="HTML file to write; empty: the page is logged on the run alone")
    resamples: int = option(1000, help="resamples of the 95 % intervals of differences", low=20, high=1_000_000)


@dataclass(frozen=True)
class DashboardSettings:
    """Parameters of `dashboard`."""

    host: str = option(
        "127.0.0.1", help="address to listen on; anyone who reaches it can read the store's jobs and clips"
    )
    port: int = option(5001, help="port to listen on; 0: any that is free", low=0, high=65_535)
    data: str = option("", help="corpus folder, where it lies elsewhere than when the job ran")
    refresh: int = option(
        30, help="seconds after which a page of a job at work looks for news; 0: never", low=0, high=86_400
    )
