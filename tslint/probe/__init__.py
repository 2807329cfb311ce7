"""The child: builds the user's model, traces, compares, scripts, converts and verifies it, and reports evidence.

The only code of tslint that imports torch and coremltools. A second program, ``python -m tslint.probe``: it imports
``tslint.diagnostic`` and ``tslint.evidence`` and nothing else of tslint, and nothing imports it.
"""
