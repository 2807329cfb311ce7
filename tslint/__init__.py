"""tslint: will this PyTorch model become a correct TorchScript program and Core ML model, and if not, which line stops it?

Importing the package imports nothing else of it: the probe runs in the interpreter of the user's model, where
LibCST, Rich and Typer need not exist.
"""

__version__ = "0.1.0"
