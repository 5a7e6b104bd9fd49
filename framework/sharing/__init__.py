"""A training shared out among processes, each on a core of its own: by hidden units, or by the rows of a batch.

A network with one hidden layer is a sum of narrower ones. With the columns of W1 and the rows of W2 dealt out to ranks,

    scores = f(x W1 + b1) W2 + b2 = Σᵣ f(x W1ᵣ + b1ᵣ) W2ᵣ + b2,

and no other number of a step depends on what another rank has: ∂L/∂W1ᵣ, ∂L/∂b1ᵣ and ∂L/∂W2ᵣ follow from ∂L/∂scores and
from r's own. So ranks meet once a step, to add up n x classes numbers, and each keeps its weights, gradients and the
optimizer's memory in the cache of its core. Split by rows they have to add up all gradients. A deep network is such
pairs of layers one after the other: each has a sum of its own, and, where layers before it learn, one on the way back,
Σᵣ ∂L/∂xᵣ. As in tensor parallelism, Shoeybi et al. 2019, arXiv:1909.08053.

Inputs that are 0 in all rows are left out, where nothing else is changed by that (`inputs`).

Rows are shared out where a sample is much work for each weight, as in convolutions. They are processes, as threads of
one would wait for each other's Python: `units` and `rows` deal out, `meeting` is where they meet, `ranks` has them.
"""
