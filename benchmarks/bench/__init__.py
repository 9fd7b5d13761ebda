# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs each way of making the seed's set against one emulator, and compares time and counts with the floor's."""
