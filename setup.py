"""A wheel is built as readers get the library: without what would give the exercises' answers away. All else: pyproject.toml."""

import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent))  # a build does not look into the project's own folder

from press.strip import strip_tree


class ReaderForm(build_py):
    """Collect the packages in a folder that was emptied before, or setuptools would ship what an older build left there."""

    def run(self):
        if self.editable_mode:  # people who work on the book import the sources as they are
            return super().run()
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        strip_tree(Path(self.build_lib))


setup(cmdclass={"build_py": ReaderForm})
