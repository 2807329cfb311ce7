"""The mixed route and the plan: which modules are scripted and which traced, found by trying; and the script that does it.

May trace, script and call modules, and put programs in their places for as long as one is built. Converts nothing.
"""
