"""The kinds of panels: a Python file checks a frame's data, packs it, says it and paints it; a JavaScript file draws it."""
