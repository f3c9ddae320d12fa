"""A figure whose axes stand side by side, with its axes below each other: so it fits a phone."""


def stacked(fig, columns: int, width: float) -> bool:
    """Rearrange a figure's grid, where it has more columns than fit.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Axes that ``subplots`` laid on a grid; colour bars follow their axes.
    columns : int
        How many axes shall stand side by side.
    width : float
        The width in inches that the figure gets.

    Returns
    -------
    bool
        Whether anything was done.
    """
    placed = [axes for axes in fig.axes if axes.get_subplotspec() is not None]
    grid = placed[0].get_subplotspec().get_gridspec() if placed else None
    if grid is None or grid.ncols <= columns:
        return False
    places = [axes.get_subplotspec() for axes in placed]
    first = {place.rowspan.start: axes for axes, place in zip(placed, places, strict=True) if place.colspan.start == 0}
    rows = -(-len(placed) // columns)
    height = fig.get_figheight() / grid.nrows
    if columns > 1:  # pictures keep their shape
        height *= (width / columns) / (fig.get_figwidth() / grid.ncols)
    cells = fig.add_gridspec(rows, columns)
    for k, (axes, place) in enumerate(zip(placed, places, strict=True)):
        axes.set_subplotspec(cells[k // columns, k % columns])
        left = first.get(place.rowspan.start)
        if left is None or left is axes or k % columns:
            continue
        if left in axes.get_shared_y_axes().get_siblings(axes):  # side by side it could do without
            axes.tick_params(labelleft=True)
            axes.set_ylabel(axes.get_ylabel() or left.get_ylabel())
    fig.set_size_inches(width, rows * height)
    return True
