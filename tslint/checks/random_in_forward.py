"""Random values in forward: PyTorch's are drawn anew whenever the trace runs, those of Python and NumPy are recorded once."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._places import CONDITIONAL, ancestors, asks_inputs, callee, deciding, draws, only_decides, uses
from tslint.diagnostic import Claim, Finding, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import Constant
from tslint.facts.tree import words

PYTHON = words("""
    random.betavariate random.choice random.choices random.expovariate random.gammavariate random.gauss
    random.getrandbits random.lognormvariate random.normalvariate random.paretovariate random.randbytes random.randint
    random.random random.randrange random.sample random.triangular random.uniform random.vonmisesvariate
    random.weibullvariate
""")
NUMPY = words("""
    beta binomial bytes chisquare choice dirichlet exponential f gamma geometric gumbel hypergeometric laplace logistic
    lognormal logseries multinomial multivariate_normal negative_binomial noncentral_chisquare noncentral_f normal
    pareto permutation poisson power rand randint randn random random_integers random_sample ranf rayleigh sample
    standard_cauchy standard_exponential standard_gamma standard_normal standard_t triangular uniform vonmises wald
    weibull zipf
""")


@on(cst.Call, traced=True)
def check(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    name = callee(call, facts) or ""
    once = name in PYTHON or (name.startswith("numpy.random.") and name.rpartition(".")[2] in NUMPY)
    if not once and not draws(call, facts):
        return
    if not facts.reaches_output(call):
        return
    if only_decides(call, facts) and all(_is_decided(node, facts) for node in (call, *_names(call, facts))):
        return  # `if self.training and chance < self.rate`
    if not all(asks_inputs(test, facts) for test in deciding(call, facts)):
        return  # an option of the model, which only training sets as a rule
    if not once and facts.only_read(call):
        return  # a value that leaves the graph or decides a branch, whichever function made it: other rules say so
    yield Finding(
        call,
        {
            "call": facts.text(call.func),
            "effect": "once, while the model is traced" if once else "anew whenever the trace runs",
        },
        claim=Claim.TRACE_SPECIALISES if once else Claim.WRONG_MODE,
        severity=Severity.WARNING,
        help=_help(once),
    )


def _names(call: cst.Call, facts: Facts) -> list[cst.Name]:
    """Where the variable is read that a call is assigned to."""
    statement = facts.parent(call)
    target = statement.targets[0].target if isinstance(statement, cst.Assign) else None
    return uses(target, facts) if isinstance(target, cst.Name) else []


def _is_decided(node: cst.CSTNode, facts: Facts) -> bool:
    """Whether a condition that NODE is part of has the same answer in every traced call; or NODE is part of none."""
    for parent, child in ancestors(node, facts):
        if isinstance(parent, CONDITIONAL) and child is parent.test:
            kind = facts.kind(parent.test)
            return isinstance(kind, Constant) and isinstance(kind.value, bool)
    return True


def _help(once: bool) -> str:
    if once:
        return "draw it with PyTorch (`torch.rand(())`), or make it an input of the model"
    return "make it an input of the model, or draw in training alone (`if self.training`)"
