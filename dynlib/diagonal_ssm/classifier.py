"""A small sequence classifier: S4D layers with residual connections, an average over time, and a linear readout."""

from dynlib.diagonal_ssm.layer import S4D, parameter_groups
from dynlib_kernels.arguments.scalars import check_count
from dynlib_kernels.arguments.tensors import check_numbers
from dynlib_kernels.arguments.values import layer as in_layer
from dynlib_kernels.engine import nn, torch
from dynlib_kernels.precision import single


class SequenceClassifier(nn.Module):
    """x (batch, features, L) → class scores (batch, classes), for any L.

    h = W x + bias; then ``layers`` times h ← h + S4D(LayerNorm(h)), each norm over the channels of
    one moment; then the mean over time and a linear map. Under ``torch.autocast`` these maps are as
    autocast has them, and the layers as ``S4D`` says.

    Parameters
    ----------
    features : int
        Numbers at each moment of the input.
    classes : int
        The number of scores.
    H : int, default 32
        Channels.
    N : int, default 32
        Numbers kept a channel.
    layers : int, default 2
        How many ``S4D`` layers.
    **s4d
        All further arguments go to each ``S4D``.

    Raises
    ------
    ValueError
        As ``S4D``, and for a count below 1.
    """

    def __init__(self, features: int, classes: int, *, H: int = 32, N: int = 32, layers: int = 2, **s4d):
        super().__init__()
        where = "SequenceClassifier"
        features, classes = check_count(where, "features", features), check_count(where, "classes", classes)
        layers, H = check_count(where, "layers", layers), check_count(where, "H", H)
        self.encoder = nn.Linear(features, H)
        self.layers = nn.ModuleList(S4D(H, N, **s4d) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(H) for _ in range(layers))
        self.readout = nn.Linear(H, classes)

    @in_layer
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Class scores of each sequence.

        Parameters
        ----------
        x : (batch, features, L) real tensor
            The input; time is the last axis.

        Returns
        -------
        (batch, classes) tensor
            The scores.

        Raises
        ------
        ValueError
            For another shape than (batch, features, L) and half precision; where layers look at
            numbers, for nan and inf.
        """
        x = single(x)
        if check_numbers("SequenceClassifier", "x", x).ndim != 3 or x.shape[1] != self.encoder.in_features:
            wanted = f"(batch, {self.encoder.in_features}, L)"
            raise ValueError(f"SequenceClassifier: x has shape {tuple(x.shape)}; it must be {wanted}, time last")
        if x.is_complex():
            raise ValueError(f"SequenceClassifier: x is {x.dtype}; give real numbers: x.real")
        h = self.encoder(x.mT)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            h = h + layer(norm(h).mT).mT
        return self.readout(h.mean(1))

    def parameter_groups(self, lr: float, **options) -> list[dict]:
        """The modes and step sizes of all layers apart from the rest, for an optimiser.

        Parameters
        ----------
        lr : float
            The rate of learning of everything else.
        **options
            As for the function ``layer.parameter_groups``.

        Returns
        -------
        list of dict
            Two groups.

        Raises
        ------
        ValueError
            As the function.
        """
        return parameter_groups(self, lr, **options)
