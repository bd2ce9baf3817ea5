"""From what a bank says to what it pays: which invoices a payment is for, and how it is split over them. Pure."""
