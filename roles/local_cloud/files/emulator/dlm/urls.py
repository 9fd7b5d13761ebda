# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where moto finds the operations."""

from emulator.dlm.responses import DLMResponse

url_bases = [r"https?://dlm\.(.+)\.amazonaws\.com"]

url_paths = {
    "{0}/policies$": DLMResponse.dispatch,
    "{0}/policies/(?P<policyId>[^/]+)$": DLMResponse.dispatch,
    "{0}/tags/(?P<resourceArn>.+)$": DLMResponse.dispatch,
}
