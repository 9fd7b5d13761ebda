# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Data Lifecycle Manager, as moto's services are made: it keeps policies, and takes no snapshot."""

from emulator.dlm.models import dlm_backends

__all__ = ["dlm_backends"]
