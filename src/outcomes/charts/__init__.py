"""Every chart of the suite, by name: protected, tidy estimates in, Axes out.

Charts never fit, never show, and leave matplotlib's settings as they were. Each registers its alt text, which
:func:`alt_text` returns. ``width`` is in inches: 7 for a page, 3.6 for a phone.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
