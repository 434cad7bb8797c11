"""Currencies an order may name, with the digits of their minor unit.

Source: ISO 4217:2015, list one (current currency codes), as its maintenance agency SIX published it
on 2026-01-01, up to amendment 180 (euro for the Bulgarian lev):
https://www.six-group.com/en/products-services/financial-information/data-standards.html.
A test compares it with that list, code by code. Left out: funds codes, precious metals, testing
codes and units of account, since nobody is invoiced in them.
"""

_CODES_BY_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
        CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD
        HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA
        MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN
        QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
        TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
    """,
}

MINOR_UNIT_DIGITS = {
    code: digits for digits, codes in _CODES_BY_DIGITS.items() for code in codes.split()
}
