"""Step 5: ``torch.jit.script`` on every module by itself, each failure on its line. Undoes what it changes in a module."""
