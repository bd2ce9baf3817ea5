"""What a run would cost on AWS: counts, a dated price file, and the bill of both."""

from local.pricing.bill import Bill, Line, bill_of
from local.pricing.prices import PriceList, load, shipped
from local.pricing.quantities import fixed, of_counts

__all__ = ["Bill", "Line", "PriceList", "bill_of", "fixed", "load", "of_counts", "shipped"]
