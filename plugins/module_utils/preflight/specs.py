# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Judges settings by the argument specification of a role."""

from __future__ import annotations

import re
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import AnsibleValidationError, ArgumentTypeError, ArgumentValueError

from .problems import problem

Spec = t.Mapping[str, t.Any]
HIDDEN = "(not shown)"
# What a type is called, one value of it and several.
KINDS = {
    "bool": ("true or false", "true or false"),
    "dict": ("a dictionary", "dictionaries"),
    "float": ("a number", "numbers"),
    "int": ("a whole number", "whole numbers"),
    "list": ("a list", "lists"),
    "path": ("a path", "paths"),
    "str": ("a text", "texts"),
}


def judge(spec: t.Mapping[str, Spec], settings: t.Mapping[str, t.Any]) -> tuple[dict[str, t.Any], list[str]]:
    """Judge each setting by its specification.

    Args:
        spec: variable to its options (type, choices, elements, options, …), as in meta/argument_specs.yml.
        settings: variable to value, templated. Variables that could not be templated are left out by the caller.

    Returns:
        The settings that fit, in the type that the specification gives them, and one problem for each that does not.
    """
    fitting: dict[str, t.Any] = {}
    found: list[str] = []
    for variable, options in spec.items():
        if variable not in settings:
            continue
        value, faults = _judge_one(variable, options, settings[variable])
        found.extend(faults)
        if not faults:
            fitting[variable] = value
    return fitting, found


def required_problems(spec: t.Mapping[str, Spec], present: t.Container[str]) -> list[str]:
    """Return one problem for each required variable that nobody set."""
    return [
        problem(variable, None, "is missing", f"give {_allowed(options)}")
        for variable, options in spec.items()
        if options.get("required") and variable not in present
    ]


def _judge_one(name: str, options: Spec, value: t.Any) -> tuple[t.Any, list[str]]:
    """Return a value in its right type, and what is wrong with it or, where it has parts, with these by their names."""
    if value is None:
        # The validator takes null for not given, and then the role would fail on it in the middle.
        return None, [problem(name, None, "has no value", f"give {_allowed(options)}, or drop the line")]
    kind = options.get("type", "str")
    of_parts = {"options", "elements", "choices"} if kind == "list" else {"options"}
    judged = {key: entry for key, entry in options.items() if key not in {"default", "required", *of_parts}}
    try:
        result = ArgumentSpecValidator({name: judged}).validate({name: value})
    except OverflowError:
        # So it answers to .inf where a whole number belongs.
        held = HIDDEN if options.get("no_log") else value
        return None, [problem(name, held, "has the wrong type", f"give {_allowed(options)}")]
    value = result.validated_parameters.get(name)
    found = [_worded(name, options, HIDDEN if options.get("no_log") else value, error) for error in result.errors]
    if not found and kind == "list" and "elements" in options:
        part = {key: options[key] for key in ("options", "choices", "no_log") if key in options}
        parts = [
            _judge_one(f"{name}[{index}]", {**part, "type": options["elements"]}, one)
            for index, one in enumerate(value)
        ]
        return [one for one, _faults in parts], [fault for _one, faults in parts for fault in faults]
    if not found and kind == "dict" and "options" in options:
        return _judge_parts(name, options["options"], value)
    return value, found


def _judge_parts(name: str, spec: t.Mapping[str, Spec], value: t.Mapping[str, t.Any]) -> tuple[t.Any, list[str]]:
    """Return a dictionary with its values in their right types, and what is wrong with its keys and values."""
    known = ", ".join(spec)
    found = [problem(f"{name}.{key}", value[key], "is not known", f"use {known}") for key in value if key not in spec]
    fitting = {key: options["default"] for key, options in spec.items() if "default" in options}
    for key, options in spec.items():
        if key in value:
            fitting[key], faults = _judge_one(f"{name}.{key}", options, value[key])
            found.extend(faults)
        elif options.get("required"):
            found.append(problem(f"{name}.{key}", None, "is missing", f"give {_allowed(options)}"))
    return fitting, found


def _worded(variable: str, options: Spec, held: t.Any, error: AnsibleValidationError) -> str:
    """Word an error of Ansible's validator."""
    if held == HIDDEN:
        return problem(variable, held, "does not fit", f"give {_allowed(options)}")
    if isinstance(error, ArgumentTypeError):
        return problem(variable, held, "has the wrong type", f"give {_allowed(options)}")
    if isinstance(error, ArgumentValueError) and "choices" in options:
        return problem(variable, held, "is not known", f"choose {_allowed(options)}")
    message = re.sub(r"\s+", " ", str(error)).rstrip(".")
    return problem(variable, held, "does not fit", message)


def _allowed(options: Spec) -> str:
    """Say what a specification allows, in a few words."""
    if "choices" in options:
        return f"one of {', '.join(map(str, options['choices']))}"
    kind = options.get("type", "str")
    one = KINDS.get(kind, (f"a value of type {kind}", ""))[0]
    if kind == "list" and "elements" in options:
        return f"{one} of {KINDS.get(options['elements'], ('', 'values'))[1]}"
    return one
