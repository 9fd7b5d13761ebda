# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may do what: what each call needs to be allowed, and whether the policies of its caller allow that."""
