"""How the sample files of banks' CSV are laid out, and why some of them are refused."""

LAYOUTS: dict[str, str] = {
    "20171001-20171106.csv": """
account: A1
currency: EUR
columns:
  booked: Datum
  amount: Betrag (EUR)
  payer: Empfänger
""",
    "20180226-1000594757-umsatz.CSV": """
dates: D.M.y
columns:
  account: Auftragskonto
  booked: Buchungstag
  value: Valutadatum
  amount: Betrag
  currency: Waehrung
  text: Verwendungszweck
""",
    "2019-03-02_11-50-46_bunq-statement.csv": """
currency: EUR
columns:
  account: Account
  booked: Date
  amount: Amount
  payer: Name
  text: Description
""",
    "MS_JANE_SMITH_01-12-2019_14-12-2019.csv": """
account: A1
currency: GBP
dates: D-M-Y
signs: ['£']
went_out: ['']
columns:
  booked: Date Processed
  amount: Amount
  way: 4
  text: Description
""",
    "Movements_1234512345_201805271848.csv": """
encoding: cp1250
dates: D.M.Y
columns:
  booked: Datum provedení
  account: Číslo účtu
  amount: Zaúčtovaná částka
  currency: Měna účtu
  payer: Název protiúčtu
  reference: VS
""",
    "TH_20180101-20180523_strana_1.csv": """
account: A1
encoding: cp1250
currency: CZK
dates: Y/M/D
columns:
  booked: Datum zaúčtování
  amount: Částka CZK
  payer: Název protiúčtu
  reference: Variabilní symbol 1
""",
    "TransactionHistory_20180418043121.csv": """
account: A1
currency: SGD
goes_on: true
columns:
  booked: Transaction date
  value: Value date
  text: Description
  debit: Withdrawals (SGD)
  credit: Deposits (SGD)
""",
    "W80844_EBH_201945.202122.csv": """
dates: Y.M.D.
columns:
  booked: Tranzakció dátuma
  account: Számlaszám
  amount: Tranzakció összege
  currency: Tranzakció devizaneme
  way: Bevétel/Kiadás
  payer: Partner neve
""",
    "export_BE11123456789012_20180304_1422.csv": """
columns:
  account: Rekeningnummer
  currency: Munt
  booked: Datum
  value: Valuta
  amount: Bedrag
  balance: Saldo
  text: [Omschrijving, Vrije mededeling]
  reference: gestructureerde mededeling
""",
    "kta_ei.dat": """
account: A1
headings: false
header_line: 2
currency: EUR
dates: YMD
delimiter: '|'
columns:
  booked: 3
  amount: 5
  text: [2, 6]
  payer: 4
""",
    "test_BOI_TransactionExport.csv": """
account: A1
currency: EUR
columns:
  booked: Date
  text: Details
  debit: Debit
  credit: Credit
""",
    "test_headers.csv": """
account: A1
columns:
  booked: Date
  amount: Inflow
  currency: Currency
  text: Payee
""",
    "test_row_format_CD_flag.csv": """
headings: false
account: A1
currency: EUR
columns:
  booked: 1
  text: 2
  value: 3
  amount: 4
  way: 5
""",
    "test_row_format_neg_inflow.csv": """
headings: false
account: A1
currency: EUR
columns:
  booked: 1
  text: 2
  value: 3
  amount: 4
""",
    "umsatz-1234________1234-20180227.CSV": """
dates: D.M.y
columns:
  account: Umsatz getätigt von
  booked: Buchungsdatum
  amount: Buchungsbetrag
  currency: Buchungswährung
  text: [Transaktionsbeschreibung, Transaktionsbeschreibung Zusatz]
""",
}
# every other file is taken
REFUSED: dict[str, set[str]] = {
    "test_headers.csv": {"BAD_DATE"},  # a row without a day stands in the middle
    "test_row_format_CD_flag.csv": {"BAD_DATE", "BAD_ENUM"},  # some flags are currencies
    "test_row_format_neg_inflow.csv": {"BAD_DATE"},
}
