# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs Ansible's Python modules in forks of one process that has their libraries loaded.

The parts, each in a file of its own: ``command`` and ``payload`` read what Ansible wants to execute, ``client``
is the side of Ansible's worker, ``server`` the process that forks, ``library`` what it has loaded, ``run`` what a
fork does. Everything that the server uses is plain Python of the standard library: it runs under the interpreter
that the modules run under, where Ansible may not be installed.
"""
