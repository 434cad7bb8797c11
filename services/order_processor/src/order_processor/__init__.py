"""Takes an order, validates it, prices it and records it exactly once.

Layers, each importing only those after it: `handler` (Lambda's way in), `wiring` (which concrete
class fills which role), `process` (the use case), `validation` and `pricing` (rules),
`repository` (the role of the store) and `order` (the values). `dynamodb` is the one adapter.
"""
