"""The script of ``tslint plan``: text, put together from what a run found and from the user's own source.

Reads no file and runs nothing. What it writes is run by a child before anybody sees it.
"""
