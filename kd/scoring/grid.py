"""Frames and seconds, under the name scoring uses; the one converter is `kd.audio.grid.FrameGrid`."""

from kd.audio.grid import FrameGrid

__all__ = ["FrameGrid"]
