# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM Access Analyzer, as moto's services are made: it keeps analyzers, and finds nothing."""

from emulator.accessanalyzer.models import accessanalyzer_backends

__all__ = ["accessanalyzer_backends"]
