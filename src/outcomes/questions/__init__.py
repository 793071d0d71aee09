"""Sessions become the tables that answer one notebook's question, and their sentences."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
