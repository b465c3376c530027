"""What a JSON value looks like: keys and types, without values."""


def kind(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "string"


def shapes(value, at="", found=None):
    """{path: types}. A list's elements share one path, so that lists of different length can be compared."""
    found = {} if found is None else found
    if isinstance(value, dict):
        found.setdefault(at, set()).add("object")
        for key, item in value.items():
            shapes(item, f"{at}.{key}", found)
    elif isinstance(value, list):
        found.setdefault(at, set()).add("list")
        for item in value:
            shapes(item, f"{at}[]", found)
    else:
        found.setdefault(at, set()).add(kind(value))
    return found


def differences(recorded, answered, may_have_more=False):
    """What of the answer's keys and types isn't as recorded, a sentence each."""
    wanted, got = shapes(recorded), shapes(answered)
    missing = [f"{path} is missing" for path in sorted(wanted.keys() - got.keys())]
    more = [] if may_have_more else [f"{path} was not recorded" for path in sorted(got.keys() - wanted.keys())]
    other = [f"{path} is {'/'.join(sorted(got[path]))}, not {'/'.join(sorted(wanted[path]))}"
             for path in sorted(wanted.keys() & got.keys())
             if wanted[path] != got[path] and not (may_have_more and "null" in wanted[path] | got[path])]
    return missing + more + other
