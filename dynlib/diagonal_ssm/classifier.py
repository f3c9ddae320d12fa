"""A small sequence classifier: S4D layers with residual connections, an average over time, and a linear readout."""

from dynlib.diagonal_ssm.layer import S4D, parameter_groups
from dynlib_kernels.arguments.scalars import check_counts
from dynlib_kernels.arguments.tensors import check_numbers
from dynlib_kernels.engine import nn, torch


class SequenceClassifier(nn.Module):
    """x (batch, features, L) → class scores (batch, classes), for any L.

    h = W x + bias; then ``layers`` times h ← h + S4D(LayerNorm(h)), each norm over the channels of one moment; then the mean over
    time and a linear map.

    Arguments: features, classes, H channels, N numbers kept a channel, layers; all further ones go to each ``S4D``.
    Raises: ``ValueError`` as ``S4D``, and for a count below 1.
    """

    def __init__(self, features: int, classes: int, *, H: int = 32, N: int = 32, layers: int = 2, **s4d):
        super().__init__()
        check_counts("SequenceClassifier", features=features, classes=classes, layers=layers, H=H)
        self.encoder = nn.Linear(features, H)
        self.layers = nn.ModuleList(S4D(H, N, **s4d) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(H) for _ in range(layers))
        self.readout = nn.Linear(H, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Raises: ``ValueError`` for another shape than (batch, features, L), half precision, nan or inf."""
        if check_numbers("SequenceClassifier", "x", x).ndim != 3 or x.shape[1] != self.encoder.in_features:
            wanted = f"(batch, {self.encoder.in_features}, L)"
            raise ValueError(f"SequenceClassifier: x has shape {tuple(x.shape)}; it must be {wanted}, time last")
        h = self.encoder(x.mT)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            h = h + layer(norm(h).mT).mT
        return self.readout(h.mean(1))

    def parameter_groups(self, lr: float, **options) -> list[dict]:
        """As the function ``layer.parameter_groups``: the modes and step sizes of all layers apart from the rest."""
        return parameter_groups(self, lr, **options)
