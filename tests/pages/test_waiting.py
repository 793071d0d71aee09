"""The files JupyterLab serves: the first notebook is waited for, every other one is there or is not."""

from __future__ import annotations

import asyncio

import nbformat
import pytest
from tornado.web import HTTPError

from outcomes.pages.waiting import FIRST, WaitingFiles


def test_the_first_notebook_is_waited_for(tmp_path):
    files = WaitingFiles(root_dir=str(tmp_path))
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("here")])

    async def asked_before_it_is_there():
        asked = asyncio.create_task(files.get(f"{FIRST}.ipynb"))
        await asyncio.sleep(0.2)
        assert not asked.done()
        nbformat.write(book, tmp_path / f"{FIRST}.ipynb")
        return await asyncio.wait_for(asked, 10)

    found = asyncio.run(asked_before_it_is_there())
    assert found["content"]["cells"][0]["source"] == "here"


def test_no_other_file_is_waited_for(tmp_path):
    async def asked():
        return await asyncio.wait_for(WaitingFiles(root_dir=str(tmp_path)).get("01_data_quality.ipynb"), 5)

    with pytest.raises(HTTPError, match="404"):
        asyncio.run(asked())
