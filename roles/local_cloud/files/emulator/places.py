# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where one rehearsal keeps its files and which ports it takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT = "123456789012"
ACCESS_KEY = "rehearsal"
FIRST_PORT = 4500


@dataclass(frozen=True)
class Place:
    """One rehearsal: its slot number and its folder."""

    slot: int
    directory: Path

    @property
    def https_port(self) -> int:
        """Slots take two neighbouring ports each."""
        return FIRST_PORT + 2 * self.slot

    @property
    def http_port(self) -> int:
        """The port without TLS, with the same state behind it."""
        return self.https_port + 1

    @property
    def endpoint(self) -> str:
        """What AWS_ENDPOINT_URL is set to."""
        return f"https://{HOST}:{self.https_port}"

    @property
    def authority(self) -> Path:
        """The certificate that clients trust."""
        return self.directory / "ca.pem"

    @property
    def certificate(self) -> Path:
        """The server's certificate and its private key, in one file."""
        return self.directory / "server.pem"

    @property
    def lock(self) -> Path:
        """Locked by the running emulator, and holds its process id."""
        return self.directory / "emulator.lock"

    @property
    def log(self) -> Path:
        """What the program prints."""
        return self.directory / "emulator.log"

    @property
    def calls(self) -> Path:
        """One JSON line for each API call."""
        return self.directory / "calls.jsonl"

    @property
    def state(self) -> Path:
        """The pickled state of moto."""
        return self.directory / "state.pickle"

    @property
    def blobs(self) -> Path:
        """Large S3 objects of the state."""
        return self.directory / "state.blobs"
