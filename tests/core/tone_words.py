"""What a mail never says, language by language: parts of words in small letters, each list one pattern."""

import re
from typing import Final

# A threat, or somebody who carries one out: nowhere but in a notice of default, which is what it is.
THREATS: Final = {
    "en": r"legal|lawyer|attorney|sue\b|penalt|consequence|final demand|debt collect|last chance|blacklist",
    "de": r"anwalt|inkasso|rechtliche schritte|gerichtlich|konsequenz|letzte mahnung|klage|drohen|androh",
    "fr": r"avocat|contentieux|poursuite|mise en demeure|conséquence|recouvrement forcé|sanction|menac",
    "es": r"abogad|acciones legales|vía judicial|demanda|consecuencia|sanción|amenaz",
    "nl": r"advoca|incasso|juridische stappen|aanmaning|gevolgen|sanctie|dreig",
    "it": r"avvocat|azioni legali|vie legali|conseguenz|messa in mora|diffida|recupero crediti|minacc",
    "pt": r"advogad|ações legais|via judicial|consequência|cobrança coerciva|sanç|ameaç",
    "pl": r"adwokat|prawnik|windykac|kroki prawne|konsekwencj|pozew|sankcj|groź",
    "ar": r"محام|قانونية|عواقب|مقاضا|عقوب|تهديد",
    "ja": r"弁護士|法的|訴訟|債権回収|制裁|罰",
    "hi": r"वकील|कानूनी|मुकदम|परिणाम भुगत|वसूली एजेंट|दंड|धमक",
}
# An authority that we are not: courts, bailiffs, police, credit registers. In no mail at all.
AUTHORITIES: Final = {
    "en": r"court|bailiff|sheriff|police|prosecut|enforce|credit bureau|official order|government",
    "de": r"gericht|mahnbescheid|schufa|vollstreck|pfänd|polizei|staatsanwalt|behörd",
    "fr": r"tribunal|huissier|judiciaire|saisie|police|procureur|banque de france",
    "es": r"juzgad|tribunal|judicial|embargo|policía|fiscal|asnef",
    "nl": r"rechter|rechtbank|gerechtelijk|deurwaarder|beslag|politie|bkr",
    "it": r"tribunale|giudice|giudiziari|pignora|polizia|procura",
    "pt": r"tribunal|juiz|judicia|penhora|oficial de justiça|polícia|serasa",
    "pl": r"\bsąd\b|\bsąd[uoz]|komornik|egzekuc|policj|prokurat|\bkrd\b",
    "ar": r"محكم|محاكم|قضائ|شرطة|النيابة",
    "ja": r"裁判|差押|差し押さえ|強制執行|警察|信用情報",
    "hi": r"न्यायालय|अदालत|पुलिस|कुर्की|ज़ब्त|जब्त|सरकारी",
}
# A debt: a gift is none.
OWED: Final = {
    "en": r"overdue|\bdue\b|past|late\b|owe|invoice|remind|\bpay\b|\bfees?\b|interest",
    "de": r"fällig|rückstand|mahn|verzug|rechnung\b|schuld|gebühr|zinsen|erinner",
    "fr": r"échéance|échu|retard|facture|rappel|frais|intérêts|\bdû",
    "es": r"vencid|vence|retraso|factura|recordatorio|gastos|intereses|deuda|mora\b",
    "nl": r"achterstal|vervall|vervalt|te laat|factuur|herinner|kosten|rente\b|schuld",
    "it": r"scadut|scadenz|ritardo|fattur|sollecit|spese|interessi|debito|\bmora\b",
    "pt": r"vencid|vencimento|atraso|fatura|taxas|juros|dívida|\bmora\b",
    "pl": r"zaległ|po terminie|termin płatności|faktur|opłat|odset|dług|spóźn",
    "ar": r"متأخر|مستحق|استحقاق|فاتورة|فواتير|رسوم|فوائد|مديون",
    "ja": r"延滞|遅延|請求|督促|手数料|未払|滞納",
    "hi": r"अतिदेय|देय तिथि|विलंब|देरी|इनवॉइस|शुल्क|ब्याज|क़र्ज|कर्ज",
}
# Charges, deadlines and firm words: nothing for somebody in hardship.
PRESSING: Final = {
    "en": r"\bfees? and interest|late fee|please make sure|final|delinquent|promised payment|notice of default",
    "de": r"mahngebühr|verzug|zinsen|bitte sorgen sie|letzte erinnerung|letzte mahnung",
    "fr": r"frais de|intérêts|veiller à ce que|dernier rappel|défaut de paiement|mise en demeure",
    "es": r"gastos por|intereses|mora\b|último aviso",
    "nl": r"herinneringskosten|rente\b|ervoor zorgen|laatste herinnering|betalingsachterstand|ingebrekestelling",
    "it": r"spese di ritardo|spese e interessi|interessi di mora|ultimo sollecito|in mora|fare in modo che",
    "pt": r"taxas e juros|taxa por atraso|juros de mora|último aviso|em mora|pedimos que o pagamento",
    "pl": r"opłaty i odsetki|opłata za|odsetki|ostatnie przypomnienie|prosimy zadbać",
    "ar": r"الرسوم والفوائد|رسوم التأخير|فوائد|إشعار أخير|متأخر السداد",
    "ja": r"遅延損害金|遅延手数料|最終の|延滞",
    "hi": r"विलंब शुल्क|ब्याज|अंतिम सूचना|अतिदेय है",
}
# What somebody in hardship reads instead.
NO_FEES: Final = {
    "en": "no fees",
    "de": "keine gebühren",
    "fr": "aucun frais",
    "es": "ningún gasto",
    "nl": "geen kosten",
    "it": "non addebitiamo spese",
    "pt": "não cobramos taxas",
    "pl": "nie naliczamy opłat",
    "ar": "لا نحتسب أي رسوم",
    "ja": "手数料はいただかず",
    "hi": "कोई शुल्क नहीं",
}
# That nobody typed it.
AUTOMATIC: Final = {
    "en": "written automatically",
    "de": "automatisch",
    "fr": "automatiquement",
    "es": "automáticamente",
    "nl": "automatisch",
    "it": "automaticamente",
    "pt": "automaticamente",
    "pl": "automatycznie",
    "ar": "آليًا",
    "ja": "自動",
    "hi": "स्वचालित",
}
LISTS: Final = {
    "threats": THREATS,
    "authorities": AUTHORITIES,
    "owed": OWED,
    "pressing": PRESSING,
    "no fees": NO_FEES,
    "automatic": AUTOMATIC,
}


def found(words: dict[str, str], language: str, *parts: str) -> str:
    """The first of the words that one of the parts says; "" for none."""
    pattern = re.compile(words[language])
    hit = next((match for part in parts if (match := pattern.search(part.lower()))), None)
    return hit.group() if hit else ""
