"""Trained networks as safetensors: weights, and in the metadata what rebuilds the network and how it was made.

settings   the arguments of ``PointerNetwork`` as JSON (scale among them)
places     "0 = end, 1..n = points"
score      what it reached on fresh sets
command, seed, torch, and what else is known of how it was trained, such as the hash of the code
"""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from dynlib.pointer.network import PointerNetwork
from dynlib_kernels.engine import torch

DATA = Path(__file__).parent / "data"
PLACES = "0 = end, 1..n = points"


def save_network(network: PointerNetwork, path: Path, *, command: str, seed: int | str, score: list[dict], **more: str) -> None:
    """Store a network with the command and seed that made it, and its score on fresh sets.

    Parameters
    ----------
    network : PointerNetwork
        The network.
    path : Path
        The file to write.
    command : str
        How it was trained.
    seed : int
        The seed of the training.
    score : list of dict
        What it reached, one entry for each length.
    **more : str
        What else the file is to say of how it was made.

    """
    made = more | {
        "settings": json.dumps(network.settings),
        "places": PLACES,
        "command": command,
        "seed": str(seed),
        "score": json.dumps(score),
        "torch": torch.__version__,
    }
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, Path(path), made)


def load_network(path: Path | str) -> PointerNetwork:
    """A stored network in evaluation mode.

    Parameters
    ----------
    path : Path or str
        A name without a folder is one of the book's: ``load_network("hull")``.

    Returns
    -------
    PointerNetwork
        The network.

    Raises
    ------
    ValueError
        That names the file, for one that is missing, cut short, no safetensors, no pointer network,
        or whose tensors have other names or shapes than its settings ask for.

    """
    path, (tensors, made) = located(path), _read(located(path))
    try:
        network = PointerNetwork(**json.loads(made["settings"]))
    except (KeyError, TypeError, json.JSONDecodeError):
        raise ValueError(
            f"load_network: {path.name} has no settings of a PointerNetwork in its metadata; use a file that save_network wrote"
        ) from None
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in tensors.items()}
    if wrong := sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)):
        name = wrong[0]
        raise ValueError(
            f"load_network: {path.name} holds {name} of shape {found.get(name)}, but its settings ask for "
            f"{wanted.get(name)}; train it again with: {made.get('command', 'dynlib.pointer.train.train')}"
        )
    network.load_state_dict(tensors)
    return network.eval()


def describe_network(path: Path | str) -> dict:
    """What the file says of itself.

    Parameters
    ----------
    path : Path or str
        As ``load_network``.

    Returns
    -------
    dict
        settings, places, command, seed, score, torch.

    Raises
    ------
    ValueError
        As ``load_network``.

    """
    made = _read(located(path))[1]
    return {name: json.loads(text) if name in ("settings", "score") else text for name, text in made.items()}


def located(path: Path | str) -> Path:
    """The path of a checkpoint; a bare name is looked up in the book's data.

    Parameters
    ----------
    path : Path or str
        A path, or a name without folder and suffix.

    Returns
    -------
    Path
        The file, which need not exist.

    """
    if not isinstance(path, str | Path):
        raise ValueError(f"load_network: path is a {type(path).__name__}; give a Path, or the name of one of the book's networks")
    path = Path(path)
    return DATA / f"{path.name}.safetensors" if path.suffix == "" and path.parent == Path() else path


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in DATA.glob("*.safetensors"))) or "none"
        raise ValueError(f"load_network: there is no {path}; the book's own are: {known}; or give the path of a file")
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(
            f"load_network: {path.name} is cut short or no safetensors file ({error}); fetch or train it again"
        ) from None
