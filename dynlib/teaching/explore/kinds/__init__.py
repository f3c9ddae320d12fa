"""The kinds of panels: a Python file checks a frame's data, packs it, says it and paints the poster; a JavaScript file draws it."""
