# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where moto finds the operations."""

from emulator.accessanalyzer.responses import AccessAnalyzerResponse

url_bases = [r"https?://access-analyzer\.(.+)\.amazonaws\.com"]

url_paths = {
    "{0}/analyzer$": AccessAnalyzerResponse.dispatch,
    "{0}/analyzer/(?P<analyzer_name>[^/]+)$": AccessAnalyzerResponse.dispatch,
    "{0}/tags/(?P<resource_arn>.+)$": AccessAnalyzerResponse.dispatch,
}
