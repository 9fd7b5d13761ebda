# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JupyterLab as a person meets it: refused without the token, and with it a cell runs in a real browser."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.weight(900)]


@pytest.fixture
def browser(tmp_path):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1400,1000",
        f"--user-data-dir={tmp_path}",
    ):
        options.add_argument(flag)
    driver = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
    yield driver
    driver.quit()


def request(platform, path: str, token: str | None = None, body: dict | None = None) -> dict:
    """Call Jupyter's REST API, with a token or without."""
    call = urllib.request.Request(
        f"http://{platform.address}:8888{path}",
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"token {token}"} if token else {},
        method="PUT" if body else "GET",
    )
    with urllib.request.urlopen(call, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.parametrize("token", [None, "wrong"])
def test_refuses_without_the_token(platform, token):
    with pytest.raises(urllib.error.HTTPError) as refused:
        request(platform, "/api/contents", token)
    assert refused.value.code == 403


def test_accepts_the_token(platform):
    assert request(platform, "/api/contents", platform.token)["type"] == "directory"


def test_the_token_is_in_no_process_list(platform):
    assert platform.token not in platform.on_host("ps -eo args", user="root")


def test_runs_a_cell_in_a_browser(platform, browser):
    cell = {"cell_type": "code", "source": "import torch\nprint('answer', int(torch.tensor(6) * 7))", "metadata": {}}
    notebook = {
        "cells": [cell | {"execution_count": None, "outputs": []}],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    request(platform, "/api/contents/e2e.ipynb", platform.token, {"type": "notebook", "content": notebook})
    browser.get(f"http://{platform.address}:8888/lab/tree/e2e.ipynb?token={platform.token}")
    wait = WebDriverWait(browser, 120)
    editor = wait.until(expected.element_to_be_clickable((By.CSS_SELECTOR, ".jp-CodeCell .cm-content")))
    # The status bar names the kernel and what it does.
    wait.until(expected.text_to_be_present_in_element((By.ID, "jp-main-statusbar"), "Idle"))
    editor.click()
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
    wait.until(expected.text_to_be_present_in_element((By.CSS_SELECTOR, ".jp-OutputArea-output"), "answer 42"))
