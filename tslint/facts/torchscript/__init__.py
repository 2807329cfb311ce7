"""What `torch.jit.script` makes of a module, read off its source: a type checker for TorchScript's subset of Python.

Follows the compiler of PyTorch: its front end (``torch/jit/frontend.py``) for syntax, ``torch/jit/_recursive.py`` for what
becomes of a module's attributes, and the emitter's order of looking things up for the rest. What it does not know has the type
:data:`types.UNKNOWN`, about which nothing is ever said. Knows nothing of rules; imports neither PyTorch nor the file it reads.
"""
