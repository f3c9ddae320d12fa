"""What functions ask of their arguments: one definition of each check, for the kernels and for all of ``dynlib``.

values      whether functions look at the numbers of their arguments
scalars     whole numbers, finite numbers, choices, generators
arrays      NumPy arrays of real numbers
tensors     tensors of numbers, and axes by letters
launches    what a kernel asks before it is launched: dtype, device, shape, and no look at the numbers
samples     inputs with labels, of chapters 4 and 5
points      sets of points, and answers about them
systems     linear systems and tables of operators

They lie in the lowest package because what stands above may import it and not the other way round. A check of the first three
kinds begins ``check_…(where, name, value, …)``: it returns the value it was given, or the array or int that it became, and raises
a ``ValueError`` that names the function (``where``), the argument, its value and the remedy. Checks that take several arguments
take them by keyword, after ``where``. ``launches`` has no ``where``: a kernel's tensors name themselves.

``values``, ``scalars``, ``arrays``, ``tensors``, ``samples`` and ``points`` import no torch: whoever hands over a tensor has
done so already.
"""
