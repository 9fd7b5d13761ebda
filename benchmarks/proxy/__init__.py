# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A proxy before the emulator. What it does to calls and answers is a behaviour that is plugged in."""
