"""The one double of the product: its table, queues and mail provider in this process's memory, each call counted.

It stands where `functions.shared.store` asks its table, so that a night can be measured without an emulator: the
functions' own workflows run as they are. What it answers is what DynamoDB answers; a test holds it against moto.
"""

from bench.stand_in.company import StandIn, standing_in
from bench.stand_in.rows import Counted, Rows

__all__ = ["Counted", "Rows", "StandIn", "standing_in"]
