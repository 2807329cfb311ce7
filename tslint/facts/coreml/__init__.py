"""What coremltools does with the library's functions, methods and layers, as far as the source tells. Imports neither of them."""
