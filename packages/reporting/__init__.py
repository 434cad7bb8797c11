"""How reports look, whoever makes them: charts, pages, tables in Markdown, the wording of figures.

Below every part and knowing none: what is drawn comes as plain values.
"""
