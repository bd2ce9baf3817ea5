"""What a local run asked of AWS, counted as AWS would charge it."""

from local.counting.counts import Counts, Share
from local.counting.meter import Meter
from local.counting.plant import Plant

__all__ = ["Counts", "Meter", "Plant", "Share"]
