# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JupyterLab as a person meets it: refused without the token, and with it notebooks run in a real browser.

With MLINFRA_SCREENSHOTS set (`make screenshots`), pictures of what is seen are written to docs/images.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
MINUTE = 60

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.weight(900)]


@pytest.fixture
def browser(tmp_path):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        # TensorBoard then draws its curves as elements of the page.
        "--disable-3d-apis",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,800",
        f"--user-data-dir={tmp_path}",
    ):
        options.add_argument(flag)
    driver = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
    view = {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", view)
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


def picture(browser, name: str) -> None:
    """Keep what the browser shows as a picture for the documentation, where that is asked for."""
    if os.environ.get("MLINFRA_SCREENSHOTS"):
        IMAGES.mkdir(exist_ok=True)
        assert browser.save_screenshot(str(IMAGES / f"{name}.png"))


def log_in(platform, browser, token: str) -> None:
    """Open JupyterLab and give the token that its page asks for."""
    browser.get(f"http://{platform.address}:8888/lab")
    field = WebDriverWait(browser, MINUTE).until(expected.element_to_be_clickable((By.ID, "password_input")))
    field.send_keys(token)
    browser.find_element(By.ID, "login_submit").click()


def test_the_page_refuses_a_wrong_token(platform, browser):
    log_in(platform, browser, "wrong")
    wait = WebDriverWait(browser, MINUTE)
    wait.until(expected.text_to_be_present_in_element((By.CSS_SELECTOR, ".message.error"), "Invalid"))


def test_the_example_runs_to_its_plot_and_its_curves_are_in_tensorboard(platform, browser):
    log_in(platform, browser, platform.token)
    wait = WebDriverWait(browser, 5 * MINUTE)
    wait.until(expected.presence_of_element_located((By.ID, "jp-main-statusbar")))
    # A workspace of its own: no other notebook is open in it.
    browser.get(f"http://{platform.address}:8888/lab/workspaces/digits/tree/examples/digits/digits.ipynb")
    current = (By.CSS_SELECTOR, "#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current .lm-TabBar-tabLabel")
    wait.until(expected.text_to_be_present_in_element(current, "digits.ipynb"))
    wait.until(expected.presence_of_element_located((By.CSS_SELECTOR, ".jp-CodeCell .cm-content")))
    wait.until(expected.text_to_be_present_in_element((By.ID, "jp-main-statusbar"), "Idle"))
    browser.find_element(By.XPATH, "//div[@id='jp-MainMenu']//*[text()='Run']").click()
    wait.until(expected.element_to_be_clickable((By.CSS_SELECTOR, "[data-command='runmenu:run-all']"))).click()
    # JupyterLab draws only the cells that can be seen, of which the last is one.
    plots = (By.CSS_SELECTOR, ".jp-RenderedImage img")
    WebDriverWait(browser, 10 * MINUTE).until(expected.presence_of_element_located(plots))
    wait.until(expected.text_to_be_present_in_element((By.ID, "jp-main-statusbar"), "Idle"))
    assert not browser.find_elements(By.CSS_SELECTOR, "[data-mime-type='application/vnd.jupyter.error']")
    # Whether to be told of news, which JupyterLab asks once.
    for no in browser.find_elements(By.XPATH, "//div[contains(@class, 'Toastify')]//button[.='No']"):
        no.click()
    wait.until(expected.invisibility_of_element_located((By.CSS_SELECTOR, ".Toastify__toast")))
    browser.execute_script("arguments[0].scrollIntoView({block: 'end'})", browser.find_elements(*plots)[-1])
    picture(browser, "jupyterlab")

    browser.get(f"http://{platform.address}:6006/#timeseries")
    wait.until(expected.element_to_be_clickable((By.CSS_SELECTOR, "[aria-label='Close side pane']"))).click()
    wait.until(expected.element_to_be_clickable((By.CSS_SELECTOR, "[aria-label='Toggle full size mode']"))).click()
    curves = (By.CSS_SELECTOR, "scalar-card line-chart .series-view path")
    wait.until(lambda shown: len([curve for curve in shown.find_elements(*curves) if curve.get_attribute("d")]) >= 2)
    picture(browser, "tensorboard")
