"""The currencies prices can be asked in, each worth a fixed sum of dollars or following a coin of the market."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Currency:
    """One `vs_currency`: worth `usd` dollars, times the price of `coin` where it follows one."""

    code: str
    name: str
    unit: str
    kind: str
    usd: float
    coin: str | None = None


_COINS = {
    "btc": ("Bitcoin", "BTC", "bitcoin"),
    "eth": ("Ether", "ETH", "ethereum"),
    "ltc": ("Litecoin", "LTC", "litecoin"),
    "bch": ("Bitcoin Cash", "BCH", "bitcoin-cash"),
    "bnb": ("Binance Coin", "BNB", "binancecoin"),
    "eos": ("EOS", "EOS", "eos"),
    "xrp": ("XRP", "XRP", "ripple"),
    "xlm": ("Lumens", "XLM", "stellar"),
    "link": ("Chainlink", "LINK", "chainlink"),
    "dot": ("Polkadot", "DOT", "polkadot"),
    "yfi": ("Yearn.finance", "YFI", "yearn-finance"),
    "sol": ("Solana", "SOL", "solana"),
}

_FIAT = """
usd US Dollar|$|1
aed United Arab Emirates Dirham|DH|0.2723
ars Argentine Peso|$|0.00071
aud Australian Dollar|A$|0.662
bdt Bangladeshi Taka|৳|0.0082
bhd Bahraini Dinar|BD|2.652
bmd Bermudian Dollar|$|1
bob Bolivian Boliviano|Bs|0.1447
brl Brazil Real|R$|0.185
cad Canadian Dollar|CA$|0.724
chf Swiss Franc|Fr.|1.258
clp Chilean Peso|CLP$|0.00107
cny Chinese Yuan|¥|0.1409
cop Colombian Peso|$|0.00026
czk Czech Koruna|Kč|0.0483
dkk Danish Krone|kr.|0.1567
eur Euro|€|1.17
gbp British Pound Sterling|£|1.34
gel Georgian Lari|₾|0.371
hkd Hong Kong Dollar|HK$|0.1285
huf Hungarian Forint|Ft|0.00303
idr Indonesian Rupiah|Rp|0.0000599
ils Israeli New Shekel|₪|0.311
inr Indian Rupee|₹|0.0111
isk Icelandic Krona|kr|0.00795
jpy Japanese Yen|¥|0.0064
krw South Korean Won|₩|0.00068
kwd Kuwaiti Dinar|KD|3.254
lkr Sri Lankan Rupee|Rs|0.00324
mmk Burmese Kyat|K|0.000476
mxn Mexican Peso|MX$|0.0555
myr Malaysian Ringgit|RM|0.246
ngn Nigerian Naira|₦|0.00069
nok Norwegian Krone|kr|0.0992
nzd New Zealand Dollar|NZ$|0.576
pen Peruvian Sol|S/|0.297
php Philippine Peso|₱|0.017
pkr Pakistani Rupee|₨|0.00357
pln Polish Zloty|zł|0.277
rub Russian Ruble|₽|0.0125
sar Saudi Riyal|SR|0.2666
sek Swedish Krona|kr|0.1083
sgd Singapore Dollar|S$|0.777
thb Thai Baht|฿|0.0317
try Turkish Lira|₺|0.0233
twd New Taiwan Dollar|NT$|0.0318
uah Ukrainian hryvnia|₴|0.0236
vef Venezuelan bolívar fuerte|Bs.F|9.99
vnd Vietnamese đồng|₫|0.000038
zar South African Rand|R|0.0604
"""


def _fiat() -> dict[str, Currency]:
    table: dict[str, Currency] = {}
    for line in _FIAT.strip().splitlines():
        code, rest = line.split(" ", 1)
        name, unit, usd = rest.split("|")
        table[code] = Currency(code, name, unit, "fiat", float(usd))
    return table


CURRENCIES: dict[str, Currency] = {
    **{code: Currency(code, name, unit, "crypto", 1.0, coin) for code, (name, unit, coin) in _COINS.items()},
    **_fiat(),
    "xdr": Currency("xdr", "IMF Special Drawing Rights", "XDR", "fiat", 1.36),
    "xag": Currency("xag", "Silver - Troy Ounce", "XAG", "commodity", 72.0),
    "xau": Currency("xau", "Gold - Troy Ounce", "XAU", "commodity", 4330.0),
    "bits": Currency("bits", "Bits", "μBTC", "crypto", 1e-6, "bitcoin"),
    "sats": Currency("sats", "Satoshi", "sats", "crypto", 1e-8, "bitcoin"),
}

_QUOTES = (
    "BTC ETH USD EUR PLN KRW GBP CAD JPY RUB TRY NZD AUD CHF UAH HKD SGD NGN PHP MXN BRL THB CLP CNY CZK "
    "DKK HUF IDR ILS INR MYR NOK PKR SEK TWD ZAR VND BOB COP PEN ARS ISK"
)
COINPAPRIKA_QUOTES = frozenset(_QUOTES.split())
"""What CoinPaprika's `quotes` may name."""
