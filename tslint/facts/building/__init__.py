"""What a constructor builds: ``__init__`` is executed on values that are known as far as the source tells them.

A condition that is known is decided, a loop over something known runs as often as it says; where nothing is known both
branches run and what only one of them sets is uncertain. Knows nothing of tracing or scripting; imports nothing it reads.
"""
