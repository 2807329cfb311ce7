"""On a child's PYTHONPATH: the first import of torchvision finds the operators that it asks for."""

import sys


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "torchvision":
            sys.meta_path.remove(Finder)
            import torchvision_operators  # noqa: F401
        return None


sys.meta_path.insert(0, Finder)
